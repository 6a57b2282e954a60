/**
 * 一份草稿的一步：每次改动都存（final=false），一次只有一个保存在路上，后来的改动攒着一起存。
 * 别处改过（412）时重新读，取新版本，把还没存上的改动再存一次。
 */
const api = require('./api')

class Draft {
  constructor(applicationId, number) {
    this.applicationId = applicationId
    this.number = number
    this.version = null
    this.pending = {}
    this.running = null
  }

  /** 读这一步。 */
  async read() {
    const step = await api.get(`/applications/${this.applicationId}/steps/${this.number}`)
    this.version = step.version
    return step
  }

  /** 记下一个改动，等 save 存。 */
  edit(key, value) {
    this.pending[key] = value
  }

  get dirty() {
    return Object.keys(this.pending).length > 0
  }

  /** 存下攒着的改动；final 时请服务器检查整步。返回 {next_step, errors, version}。 */
  async save(final) {
    while (this.running) await this.running.catch(() => undefined)
    const answers = this.pending
    this.pending = {}
    this.running = this.put(answers, final)
    try {
      return await this.running
    } catch (error) {
      this.restore(answers, error)
      throw error
    } finally {
      this.running = null
    }
  }

  /** 没存上的留着下次一起存；服务器不收的那几项不再重发，等人改。 */
  restore(answers, error) {
    const refused = Object.keys(error.errors || {}).map((path) => path.split('.')[0])
    Object.keys(answers).forEach((key) => {
      if (!refused.includes(key) && !(key in this.pending)) this.pending[key] = answers[key]
    })
  }

  async put(answers, final) {
    try {
      return await this.send(answers, final)
    } catch (error) {
      if (error.status !== 412) throw error
      await this.read()
      return this.send(answers, final)
    }
  }

  async send(answers, final) {
    const saved = await api.put(`/applications/${this.applicationId}/steps/${this.number}${api.query({ final })}`, {
      body: { answers },
      version: this.version,
    })
    this.version = saved.version
    return saved
  }
}

module.exports = { Draft }
