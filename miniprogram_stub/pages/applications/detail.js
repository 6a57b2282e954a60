/** 一件事办到哪了：状态、期限（工作日）、时间线、补正、撤回、评价。 */
const api = require('../../services/api')
const keys = require('../../services/keys')
const session = require('../../services/session')
const subscribe = require('../../services/subscribe')
const words = require('../../services/words')
const { screen, attempt } = require('../../services/screen')

const MOMENT = 'after_decision'
const OPEN = ['draft', 'submitted', 'supplement', 'accepted', 'paused']

function clock(found) {
  if (!found) return ''
  const left = found.overdue ? `已超 ${-found.working_days_left} 个${found.unit}` : `还剩 ${found.working_days_left} 个${found.unit}`
  return found.running ? `${left}（最晚 ${words.day(found.due_on)}）` : '现在不计时'
}

function stages(all) {
  return all
    .filter((stage) => stage.state !== 'cancelled' || stage.opened_at)
    .map((stage) => ({
      id: stage.id,
      name: stage.name,
      department: stage.department_name,
      state: stage.yours ? '等您确认' : stage.state_label,
      due: stage.state === 'open' && stage.due_on ? `最晚 ${words.day(stage.due_on)}` : '',
      yours: stage.yours,
    }))
}

function timeline(entries) {
  return entries.map((entry) => ({
    seq: entry.seq,
    at: words.moment(entry.at),
    actor: entry.actor,
    title: entry.title,
    text: entry.text,
    next: entry.next,
    clock: entry.clock ? (entry.clock.running ? `计时中，还剩 ${entry.clock.working_days_left} 个${entry.clock.unit}` : '计时暂停') : '',
  }))
}

Page(
  screen({
    data: { found: null, ratings: null, stage: '', score: 0, tags: [], comment: '', anonymous: false, withdrawing: false, told: '', canRemind: false },

    onLoad(options) {
      this.applicationId = options.application_id || ''
    },

    onShow() {
      this.load()
    },

    load() {
      return attempt(this, async () => {
        await session.start()
        const found = await api.get(`/applications/${this.applicationId}`)
        this.setData({
          found: {
            name: found.service_name,
            department: found.department_name,
            status: found.status_label,
            tone: words.STATUS_TONES[found.status],
            receipt: found.receipt_no,
            action: found.next_action,
            actionText: found.next_action_text,
            deadline: found.deadline ? found.deadline.text : '',
            clock: clock(found.deadline),
            overdue: Boolean(found.deadline && found.deadline.overdue),
            stages: stages(found.stages),
            done: found.stages.filter((stage) => stage.ended_at).length,
            timeline: timeline(found.timeline),
            supplement: found.supplement,
            supplementDue: found.supplement ? words.day(found.supplement.due_on) : '',
            open: OPEN.includes(found.status),
            draft: found.status === 'draft',
          },
        })
        if (found.status !== 'draft') await this.loadRatings()
      })
    },

    async loadRatings() {
      const ratings = await api.get(`/applications/${this.applicationId}/ratings`)
      const allowed = ratings.stages.filter((stage) => stage.allowed)
      const given = ratings.stages.filter((stage) => stage.score !== null)
      const stage = allowed.some((one) => one.stage === this.data.stage) ? this.data.stage : ''
      this.setData({ ratings: { levels: ratings.levels, allowed, given }, stage: stage || (allowed[0] ? allowed[0].stage : '') })
      if (allowed.length) {
        const titles = await subscribe.prepare(MOMENT).catch(() => [])
        this.setData({ canRemind: titles.length > 0 })
      }
    },

    retry() {
      this.load()
    },

    fill() {
      wx.navigateTo({ url: `/pages/applications/fill${api.query({ application_id: this.applicationId })}` })
    },

    supplement() {
      wx.navigateTo({ url: `/pages/applications/supplement${api.query({ application_id: this.applicationId })}` })
    },

    askWithdraw() {
      this.setData({ withdrawing: !this.data.withdrawing })
    },

    withdraw() {
      if (this.data.busy) return
      attempt(this, async () => {
        await keys.once(`withdrawal:${this.applicationId}`, (key) =>
          api.post(`/applications/${this.applicationId}/withdrawal`, { body: {}, key }),
        )
        this.setData({ withdrawing: false, told: '已撤回' })
        await this.load()
      })
    },

    confirmStage(event) {
      if (this.data.busy) return
      const { stage } = event.currentTarget.dataset
      attempt(this, async () => {
        await keys.once(`stage:${this.applicationId}:${stage}`, (key) =>
          api.post(`/applications/${this.applicationId}/stages/${stage}/confirmation`, { body: {}, key }),
        )
        this.setData({ told: '已确认，部门接着办理' })
        await this.load()
      })
    },

    pickStage(event) {
      this.setData({ stage: event.detail.value, score: 0, tags: [] })
    },

    rated(event) {
      this.setData(event.detail)
    },

    comment(event) {
      this.setData({ comment: event.detail.value })
    },

    hideName(event) {
      this.setData({ anonymous: event.detail.value.length > 0 })
    },

    rate() {
      const { stage, score, tags, comment, anonymous, busy } = this.data
      if (busy) return
      if (!score) {
        this.setData({ failure: '请先选一级，再点“提交评价”', failureCode: '' })
        return
      }
      attempt(this, async () => {
        await keys.once(`rating:${this.applicationId}:${stage}`, (key) =>
          api.post(`/applications/${this.applicationId}/ratings`, { body: { stage, score, tags, comment, anonymous }, key }),
        )
        this.setData({ score: 0, tags: [], comment: '', told: '谢谢，您的评价已经记下' })
        await this.loadRatings()
      })
    },

    remind() {
      subscribe.ask(MOMENT).then((told) => this.setData({ told }))
    },
  }),
)
