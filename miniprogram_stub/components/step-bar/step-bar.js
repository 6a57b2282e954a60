/** 走到第几步：数字和文字都说，不只靠颜色。 */
const STATES = { done: '已填好', current: '正在填', todo: '还没填' }

Component({
  properties: { steps: Array, current: Number },
  data: { rows: [], said: '' },
  observers: {
    'steps, current'(steps, current) {
      const place = steps.findIndex((step) => step.number === current)
      const rows = steps.map((step, index) => ({
        number: step.number,
        place: index + 1,
        title: step.title,
        word: index === place ? STATES.current : STATES[step.state === 'done' ? 'done' : 'todo'],
        tone: index === place ? 'now' : step.state,
      }))
      const said = place < 0 ? `共${rows.length}步` : `第${place + 1}步，共${rows.length}步：${rows[place].title}`
      this.setData({ rows, said })
    },
  },
})
