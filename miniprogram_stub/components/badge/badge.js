/** 一个状态：永远有文字，颜色只是陪衬。tone: plain calm good warn bad */
Component({
  properties: { text: String, tone: { type: String, value: 'plain' } },
})
