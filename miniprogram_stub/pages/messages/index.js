/** 消息：所有告诉过您的，和微信推送到底送没送到。 */
const api = require('../../services/api')
const session = require('../../services/session')
const subscribe = require('../../services/subscribe')
const words = require('../../services/words')
const { screen, attempt } = require('../../services/screen')

const MOMENT = 'in_settings'

function row(message) {
  return {
    id: message.id,
    title: message.title,
    body: message.body,
    link: message.link,
    at: words.moment(message.created_at),
    unread: message.read_at === null,
    delivery: `微信提醒：${message.delivery.label}`,
    note: message.delivery.note || '',
    tone: words.deliveryTone(message.delivery.state),
  }
}

Page(
  screen({
    data: { items: [], cursor: null, read: false, canRemind: false, told: '' },

    onLoad() {
      this.load(null)
    },

    load(cursor) {
      return attempt(this, async () => {
        await session.start()
        const found = await api.get(`/me/messages${api.query({ cursor })}`)
        const items = found.items.map(row)
        this.setData({
          items: cursor ? this.data.items.concat(items) : items,
          cursor: found.next_cursor,
          read: true,
        })
        const titles = await subscribe.prepare(MOMENT).catch(() => [])
        this.setData({ canRemind: titles.length > 0 })
      })
    },

    retry() {
      this.load(null)
    },

    more() {
      this.load(this.data.cursor)
    },

    open(event) {
      const index = Number(event.currentTarget.dataset.index)
      const message = this.data.items[index]
      if (message.unread) {
        // 已读没记上不耽误看；下次打开再记
        api.post(`/me/messages/${message.id}/read`).then(
          () => this.setData({ [`items[${index}].unread`]: false }),
          () => undefined,
        )
      }
      wx.navigateTo({ url: message.link })
    },

    remind() {
      subscribe.ask(MOMENT).then((told) => this.setData({ told }))
    },
  }),
)
