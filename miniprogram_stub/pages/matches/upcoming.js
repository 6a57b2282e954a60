/** 即将可享、即将到期：今后九十天里哪一天会变，为什么，要准备什么。 */
const api = require('../../services/api')
const session = require('../../services/session')
const words = require('../../services/words')
const { screen, attempt } = require('../../services/screen')

/** 不确定的（若…）排在同类的后面，颜色之外一定有文字。 */
const KINDS = {
  begins: { text: '即将可享', tone: 'good', over: false },
  may_begin: { text: '可能即将可享', tone: 'warn', over: false },
  renewal: { text: '需要续期', tone: 'warn', over: true },
  ends: { text: '即将到期', tone: 'warn', over: true },
  may_end: { text: '可能即将到期', tone: 'plain', over: true },
}

function left(days) {
  return days > 0 ? `还有${days}天` : '就在今天'
}

function row(one, index) {
  const kind = KINDS[one.kind]
  const needed = one.materials.filter((material) => material.required).map((material) => material.name)
  return {
    key: `${one.subject_id}-${one.policy.id}-${one.day}-${index}`,
    id: one.policy.id,
    title: one.policy.title,
    badge: kind.text,
    tone: kind.tone,
    over: kind.over,
    day: words.day(one.last_day || one.day),
    left: left(one.days_left),
    why: one.why.join('；'),
    note: one.note,
    amount: one.amount && !kind.over ? one.amount.text : '',
    needed: needed.join('、'),
    missing: one.missing.map((fact) => fact.label).join('、'),
    link: one.link,
    action: one.kind === 'renewal' && one.service ? `去办理${one.service.name}` : `看看${one.policy.title}`,
  }
}

Page(
  screen({
    data: { ready: false, days: 0, beginning: [], ending: [] },

    onLoad() {
      this.load()
    },

    load() {
      return attempt(this, async () => {
        await session.start()
        const found = await api.get('/me/upcoming-matches')
        const rows = found.items.map(row)
        this.setData({
          ready: true,
          days: found.days,
          beginning: rows.filter((one) => !one.over),
          ending: rows.filter((one) => one.over),
        })
      })
    },

    retry() {
      this.load()
    },

    open(event) {
      wx.navigateTo({ url: event.currentTarget.dataset.url })
    },
  }),
)
