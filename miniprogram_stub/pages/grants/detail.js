/** 免申即享：部门已掌握的信息备好了申请，核对后点一次“确认领取”，或者选择不领取。 */
const api = require('../../services/api')
const keys = require('../../services/keys')
const session = require('../../services/session')
const subscribe = require('../../services/subscribe')
const words = require('../../services/words')
const { screen, attempt } = require('../../services/screen')

const MOMENT = 'after_submit'

function shown(grant) {
  return {
    id: grant.id,
    version: grant.version,
    subject: grant.subject_id,
    policy: grant.policy_id,
    service: grant.service_id,
    region: grant.region_code,
    application: grant.application_id,
    state: grant.state,
    label: grant.state_label,
    title: grant.title,
    amount: grant.amount ? grant.amount.text : '',
    department: grant.department_name,
    ready: grant.ready,
    missing: grant.missing.join('、'),
    facts: grant.facts.map((one) => ({ label: one.label, source: `${one.source}，${words.day(one.as_of)}` })),
    steps: grant.steps.map((step) => ({
      number: step.number,
      title: step.title,
      answers: step.answers.map((one) => ({
        key: one.key,
        label: one.label,
        display: one.display,
        source: one.prefilled ? `${one.prefilled.source}${one.prefilled.as_of ? '，' + words.day(one.prefilled.as_of) : ''}` : '',
      })),
    })),
    materials: grant.materials.map((one) => ({ name: one.name, text: one.text })),
    declared: grant.declared,
  }
}

Page(
  screen({
    data: { policyId: '', grant: null, receipt: null, refusing: false, told: '', canRemind: false },

    onLoad(options) {
      this.subjectId = options.subject_id || ''
      this.setData({ policyId: options.policy_id || '' })
      this.load()
    },

    load() {
      return attempt(this, async () => {
        await session.start()
        const id = encodeURIComponent(this.data.policyId)
        const grant = await api.get(`/me/grants/${id}${api.query({ subject_id: this.subjectId })}`)
        this.setData({ grant: shown(grant) })
        const titles = await subscribe.prepare(MOMENT).catch(() => [])
        this.setData({ canRemind: titles.length > 0 })
      })
    },

    retry() {
      this.load()
    },

    confirm() {
      const { grant, busy } = this.data
      if (busy || !grant.ready) return
      attempt(this, async () => {
        try {
          const receipt = await keys.once(`grant:${grant.id}:${grant.version}`, (key) =>
            api.post(`/me/grants/${grant.id}/confirmation`, { key, version: grant.version }),
          )
          this.setData({ receipt: { number: receipt.receipt_no, deadline: words.day(receipt.deadline), application: receipt.application_id } })
        } catch (error) {
          // 与刚才看到的不一样了：先重新看，再决定
          if (error.code === 'grant.changed' || error.status === 412) this.setData({ grant: null })
          throw error
        }
      })
    },

    askWhy() {
      this.setData({ refusing: !this.data.refusing })
    },

    refuse(event) {
      const { reason } = event.currentTarget.dataset
      const { grant, busy } = this.data
      if (busy) return
      attempt(this, async () => {
        await keys.once(`refusal:${grant.id}`, (key) => api.post(`/me/grants/${grant.id}/refusal`, { body: { reason }, key }))
        this.setData({ refusing: false, told: '好的，这项待遇不再请您确认' })
        await this.load()
      })
    },

    apply() {
      const { grant } = this.data
      const query = api.query({ service_id: grant.service, policy_id: grant.policy, region_code: grant.region })
      wx.navigateTo({ url: `/pages/services/detail${query}` })
    },

    follow() {
      const application = this.data.receipt ? this.data.receipt.application : this.data.grant.application
      wx.navigateTo({ url: `/pages/applications/detail${api.query({ application_id: application })}` })
    },

    why() {
      wx.navigateTo({ url: `/pages/matches/detail${api.query({ policy_id: this.data.policyId })}` })
    },

    remind() {
      subscribe.ask(MOMENT).then((told) => this.setData({ told }))
    },
  }),
)
