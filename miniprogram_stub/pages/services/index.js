/** 找事项：边写边找，或按一生中的阶段找。 */
const api = require('../../services/api')
const { screen, attempt } = require('../../services/screen')

const TYPING = 400

Page(
  screen({
    data: { q: '', theme: '', themes: [], items: [], cursor: null, searched: false },

    onLoad() {
      this.asked = 0
      attempt(this, async () => {
        this.setData({ themes: (await api.get('/themes', { anonymous: true })).items })
      })
      this.search()
    },

    onUnload() {
      clearTimeout(this.timer)
    },

    type(event) {
      this.setData({ q: event.detail.value })
      clearTimeout(this.timer)
      this.timer = setTimeout(() => this.search(), TYPING)
    },

    choose(event) {
      const { theme } = event.currentTarget.dataset
      this.setData({ theme: this.data.theme === theme ? '' : theme })
      this.search()
    },

    search() {
      return this.read(null)
    },

    more() {
      return this.read(this.data.cursor)
    },

    retry() {
      this.search()
    },

    read(cursor) {
      this.asked += 1
      const turn = this.asked
      return attempt(this, async () => {
        const { q, theme } = this.data
        const found = await api.get(`/services${api.query({ q: q.trim(), theme, cursor })}`, { anonymous: true })
        if (turn !== this.asked) return // 后来又写了别的，这个答复过时了
        const items = found.items.map((one) => ({
          id: one.id,
          name: one.name,
          department: one.department_name,
          limit: `${one.promised_limit.days}个${one.promised_limit.unit}`,
        }))
        this.setData({
          items: cursor ? this.data.items.concat(items) : items,
          cursor: found.next_cursor,
          searched: true,
        })
      })
    },

    open(event) {
      wx.navigateTo({ url: `/pages/services/detail${api.query({ service_id: event.currentTarget.dataset.id })}` })
    },
  }),
)
