/** 我的办件：草稿、在办的、办完的。 */
const api = require('../../services/api')
const session = require('../../services/session')
const words = require('../../services/words')
const { screen, attempt } = require('../../services/screen')

function row(found) {
  const target = found.status === 'draft' ? 'fill' : 'detail'
  return {
    id: found.id,
    name: found.service_name,
    department: found.department_name,
    status: found.status_label,
    tone: words.STATUS_TONES[found.status],
    receipt: found.receipt_no,
    due: words.day(found.due_on),
    updated: words.moment(found.updated_at),
    url: `/pages/applications/${target}${api.query({ application_id: found.id })}`,
  }
}

Page(
  screen({
    data: { items: [], cursor: null, read: false },

    onShow() {
      this.load(null)
    },

    load(cursor) {
      return attempt(this, async () => {
        await session.start()
        const found = await api.get(`/applications${api.query({ cursor })}`)
        const items = found.items.map(row)
        this.setData({
          items: cursor ? this.data.items.concat(items) : items,
          cursor: found.next_cursor,
          read: true,
        })
      })
    },

    retry() {
      this.load(null)
    },

    more() {
      this.load(this.data.cursor)
    },

    open(event) {
      wx.navigateTo({ url: event.currentTarget.dataset.url })
    },
  }),
)
