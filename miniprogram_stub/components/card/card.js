/** 一张卡片：有标题就念标题。 */
Component({
  options: { multipleSlots: false },
  properties: { heading: String },
})
