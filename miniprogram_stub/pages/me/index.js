/** 我的：实名、手机号、授权、长辈版、登录设备、信息副本、退出。 */
const api = require('../../services/api')
const keys = require('../../services/keys')
const session = require('../../services/session')
const words = require('../../services/words')
const { screen, attempt } = require('../../services/screen')

const NO_FACE = '这个版本的微信不支持人脸核身，请更新微信，或带身份证到窗口办理'

function facialVerify(ticket) {
  return new Promise((resolve) => {
    // 手机说的成败不算数，做完就请服务器去问
    wx.requestFacialVerify({ verifyId: ticket, complete: resolve })
  })
}

function copyPath() {
  return `${wx.env.USER_DATA_PATH}/zhangshangban-export.json`
}

function write(text) {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new api.ApiError(0, { code: 'file', message: '手机存储空间不够，没有生成副本' }))
    wx.getFileSystemManager().writeFile({ filePath: copyPath(), data: text, encoding: 'utf8', success: resolve, fail })
  })
}

Page(
  screen({
    data: { mine: null, verified: false, name: '', idNumber: '', errors: {}, consents: [], sessions: [], exported: false, told: '' },

    onLoad() {
      this.load()
    },

    onUnload() {
      // 副本里是明文，离开就删
      if (this.data.exported) wx.getFileSystemManager().unlink({ filePath: copyPath(), fail: () => undefined })
    },

    load() {
      return attempt(this, async () => {
        const mine = await session.me()
        this.setData({ mine, verified: mine.assurance === 'real_name' })
        const [consents, sessions] = await Promise.all([api.get('/me/consents'), api.get('/auth/sessions')])
        this.setData({
          consents: consents.items,
          sessions: sessions.items.map((one) => ({
            id: one.id,
            device: one.device,
            seen: words.moment(one.last_seen_at),
            current: one.current,
          })),
        })
      })
    },

    retry() {
      this.load()
    },

    typeName(event) {
      this.setData({ name: event.detail.value })
    },

    typeNumber(event) {
      this.setData({ idNumber: event.detail.value })
    },

    verify() {
      if (this.data.busy) return
      if (!wx.requestFacialVerify) {
        this.setData({ failure: NO_FACE, failureCode: '' })
        return
      }
      attempt(this, async () => {
        this.setData({ errors: {} })
        const started = await this.startVerification()
        await facialVerify(started.ticket)
        const ended = await api.post(`/auth/identity/${started.verification_id}/confirm`)
        this.setData({ told: ended.message, name: '', idNumber: '' })
        await this.load()
      })
    },

    async startVerification() {
      const body = { name: this.data.name.trim(), id_number: this.data.idNumber.trim() }
      try {
        return await api.post('/auth/identity', { body })
      } catch (error) {
        this.setData({ errors: error.errors || {} })
        throw error
      }
    },

    bindPhone(event) {
      const { code } = event.detail
      if (!code) {
        this.setData({ told: '没有绑定手机号，不影响办事；想绑定时再点一次' })
        return
      }
      attempt(this, async () => {
        const bound = await api.post('/auth/wechat/phone', { body: { code } })
        this.setData({ told: `已绑定手机号 ${bound.phone}` })
        await this.load()
      })
    },

    grant(event) {
      const consent = this.data.consents[Number(event.currentTarget.dataset.index)]
      attempt(this, async () => {
        await api.put(`/me/consents/${consent.purpose}`, {
          body: { notice_version: consent.notice_version },
          key: keys.fresh(),
        })
        this.setData({ told: `已同意“${consent.title}”，随时可以撤回` })
        await this.load()
      })
    },

    withdraw(event) {
      const consent = this.data.consents[Number(event.currentTarget.dataset.index)]
      attempt(this, async () => {
        await api.delete(`/me/consents/${consent.purpose}`, { key: keys.fresh() })
        this.setData({ told: `已撤回“${consent.title}”，立即生效` })
        await this.load()
      })
    },

    toggleCare() {
      attempt(this, async () => {
        this.setData({ mine: await session.setCareMode(!this.data.care) })
      })
    },

    endSession(event) {
      attempt(this, async () => {
        await api.delete(`/auth/sessions/${event.currentTarget.dataset.id}`)
        this.setData({ told: '那台设备已下线' })
        await this.load()
      })
    },

    exportCopy() {
      attempt(this, async () => {
        const copy = await api.get('/me/export')
        await write(JSON.stringify(copy, null, 2))
        this.setData({ exported: true, told: '副本已生成，里面是明文，请只发给自己；离开本页就会从小程序里删掉' })
      })
    },

    shareCopy() {
      wx.shareFileMessage({ filePath: copyPath(), fileName: '我的信息副本.json', fail: () => undefined })
    },

    logout() {
      attempt(this, async () => {
        await session.logout()
        wx.reLaunch({ url: '/pages/home/index' })
      })
    },
  }),
)
