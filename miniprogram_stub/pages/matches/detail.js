/** 一项政策：为什么是您、多少、还差什么（请部门查，或在这里回答），去办理。 */
const api = require('../../services/api')
const session = require('../../services/session')
const subscribe = require('../../services/subscribe')
const words = require('../../services/words')
const { screen, attempt } = require('../../services/screen')

const MOMENT = 'after_match'
/** 事实的类型 → 表单字段的类型；清单（子女、新招用人员）不在手机上逐个填。 */
const FIELD_TYPES = { date: 'date', int: 'number', decimal: 'number', bool: 'bool', enum: 'select', region: 'region' }
const OUTCOMES = {
  eligible: { text: '您符合条件', tone: 'good' },
  undetermined: { text: '还差信息', tone: 'warn' },
  ineligible: { text: '目前不符合', tone: 'plain' },
}

function asField(missing, fact) {
  return {
    key: missing.fact,
    label: missing.question || missing.label,
    type: FIELD_TYPES[fact.type],
    help: fact.unit ? `单位：${fact.unit}` : '',
    options: Object.keys(fact.options).map((value) => ({ value, label: fact.options[value] })),
    required: true,
    readonly: false,
  }
}

function questions(missing, facts) {
  return missing.map((one) => {
    const fact = facts.find((known) => known.name === one.fact)
    const answerable = Boolean(fact && one.question && FIELD_TYPES[fact.type])
    return { fact: one.fact, label: one.label, how: one.how, field: answerable ? asField(one, fact) : null }
  })
}

Page(
  screen({
    data: {
      policyId: '',
      policy: null,
      outcome: null,
      amount: '',
      tier: '',
      prepared: '',
      related: [],
      reasons: [],
      missing: [],
      fetchable: false,
      answers: {},
      errors: {},
      told: '',
      canRemind: false,
      dismissing: false,
      dismissed: false,
    },

    onLoad(options) {
      this.setData({ policyId: options.policy_id || '' })
      this.load()
    },

    load() {
      return attempt(this, async () => {
        await session.start()
        const id = encodeURIComponent(this.data.policyId)
        const [policy, told] = await Promise.all([api.get(`/policies/${id}`), api.get(`/me/matches/${id}`)])
        const facts = told.missing.length ? (await api.get('/me/facts')).items : []
        this.setData({
          policy,
          outcome: OUTCOMES[told.outcome],
          amount: told.amount ? told.amount.text : '',
          tier: told.tier,
          prepared: told.link.startsWith('/pages/grants/') ? told.link : '',
          related: told.related,
          reasons: words.reasons(told.reasons),
          missing: questions(told.missing, facts),
          fetchable: told.missing.some((one) => one.how === 'fetch'),
        })
        this.prepare()
      })
    },

    async prepare() {
      const titles = await subscribe.prepare(MOMENT).catch(() => [])
      this.setData({ canRemind: titles.length > 0 })
    },

    retry() {
      this.load()
    },

    fetchFacts() {
      attempt(this, async () => {
        const fetched = await api.post('/me/facts/refresh', { body: { purposes: ['matching'] } })
        const failed = fetched.failed.length ? `${fetched.failed.join('、')}暂时没有回应，过一会儿再试，或在下面自己回答` : ''
        this.setData({ told: failed || '部门的信息已更新' })
        await this.load()
      })
    },

    answer(event) {
      this.setData({ [`answers.${event.detail.key}`]: event.detail.value })
    },

    state(event) {
      const { fact } = event.currentTarget.dataset
      const value = this.data.answers[fact]
      if (value === undefined || value === null) {
        this.setData({ [`errors.${fact}`]: ['请先回答，再点“提交这个回答”'] })
        return
      }
      attempt(this, async () => {
        await api.put(`/me/facts/${encodeURIComponent(fact)}`, { body: { value } })
        this.setData({ told: '已记下您的回答（本人声明），结果已重新计算', errors: {} })
        await this.load()
      })
    },

    grant() {
      wx.navigateTo({ url: this.data.prepared })
    },

    begin() {
      const { policy } = this.data
      const query = api.query({ service_id: policy.service_id, policy_id: policy.id, region_code: policy.region_code })
      wx.navigateTo({ url: `/pages/services/detail${query}` })
    },

    remind() {
      subscribe.ask(MOMENT).then((told) => this.setData({ told }))
    },

    askWhy() {
      this.setData({ dismissing: true })
    },

    dismiss(event) {
      const { reason } = event.currentTarget.dataset
      attempt(this, async () => {
        await api.post(`/me/matches/${encodeURIComponent(this.data.policyId)}/dismissal`, { body: { reason } })
        this.setData({ dismissed: true, dismissing: false, told: '好的，这项政策不再提示' })
      })
    },

    objectTo() {
      wx.navigateTo({ url: `/pages/matches/wrong${api.query({ policy_id: this.data.policyId })}` })
    },

    openMe() {
      wx.navigateTo({ url: '/pages/me/index' })
    },
  }),
)
