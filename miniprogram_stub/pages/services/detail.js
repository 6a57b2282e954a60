/** 办事指南：谁能办、带什么、多久、多少钱、不用手机怎么办；开始办理。 */
const api = require('../../services/api')
const session = require('../../services/session')
const keys = require('../../services/keys')
const { screen, attempt } = require('../../services/screen')

const REGION = { key: 'region_code', label: '在哪里办', type: 'region', required: true, readonly: false, help: '选到区县', options: [] }

function ways(material) {
  const found = []
  if (material.license_name) found.push(`可用电子证照“${material.license_name}”，不用带`)
  if (material.may_follow) found.push('可以容缺后补')
  if (material.may_be_promised) found.push('可以告知承诺')
  return found.join('；')
}

function shown(guide) {
  const days = (limit) => `${limit.days}个${limit.unit}`
  return {
    name: guide.name,
    department: guide.department_name,
    promised: days(guide.promised_limit),
    statutory: days(guide.statutory_limit),
    visits: guide.visits ? `要到现场${guide.visits}次：${guide.visit_reason}` : '不用到现场',
    fee: guide.fee.charged ? guide.fee.items.map((one) => `${one.name}：${one.standard}`).join('；') : '不收费',
    areas: guide.areas.map((one) => one.name).join('、'),
    conditions: guide.conditions,
    materials: guide.materials.map((one) => ({
      name: one.name,
      need: one.required ? '必要' : '非必要',
      source: one.source,
      way: ways(one),
      note: one.note,
    })),
    without: guide.without_a_phone,
    result: guide.result.name,
    remedies: guide.remedies,
    questions: guide.form.reduce((sum, step) => sum + step.questions.length, 0),
  }
}

Page(
  screen({
    data: { guide: null, region: REGION, regionCode: null, errors: {} },

    onLoad(options) {
      this.serviceId = options.service_id || ''
      this.policyId = options.policy_id || null
      this.setData({ regionCode: options.region_code || null })
      this.load()
    },

    load() {
      return attempt(this, async () => {
        const guide = await api.get(`/services/${encodeURIComponent(this.serviceId)}`, { anonymous: true })
        this.setData({ guide: shown(guide) })
        const mine = await session.me()
        // 政策给的可能只到省、市；那时自己设过的区县更准
        if (this.coarse() && mine.region_code) this.setData({ regionCode: mine.region_code })
      })
    },

    retry() {
      this.load()
    },

    /** 还没选，或者只有政策给的省、市，没有人选到区县。 */
    coarse() {
      const { regionCode } = this.data
      return !regionCode || (regionCode.endsWith('00') && !this.picked)
    },

    pick(event) {
      this.picked = true
      this.setData({ regionCode: event.detail.value, errors: {} })
    },

    begin() {
      if (this.coarse()) {
        this.setData({ errors: { region_code: ['请先选在哪里办，选到区县'] } })
        return
      }
      if (this.data.busy) return
      attempt(this, async () => {
        const body = { service_id: this.serviceId, region_code: this.data.regionCode }
        if (this.policyId) body.policy_id = this.policyId
        const draft = await api.post('/applications', { body, key: keys.fresh() })
        wx.navigateTo({ url: `/pages/applications/fill${api.query({ application_id: draft.id })}` })
      })
    },

    openMe() {
      wx.navigateTo({ url: '/pages/me/index' })
    },
  }),
)
