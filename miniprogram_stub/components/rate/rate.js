/** 好差评：五级一样大，一级也不预选（国办发〔2019〕51号）；理由随等级变。 */
Component({
  properties: { levels: Array, score: { type: Number, value: 0 }, chosen: Array },
  data: { tags: [] },
  observers: {
    'levels, score, chosen'(levels, score, chosen) {
      const level = levels.find((one) => one.score === score)
      const tags = level ? level.tags.map((tag) => ({ ...tag, checked: chosen.includes(tag.value) })) : []
      this.setData({ tags })
    },
  },
  methods: {
    choose(event) {
      this.triggerEvent('rated', { score: Number(event.detail.value), tags: [] })
    },
    mark(event) {
      this.triggerEvent('rated', { score: this.data.score, tags: event.detail.value })
    },
  },
})
