/** 什么都没有时：说清为什么，以及下一步。 */
Component({
  properties: { text: String, next: String },
})
