/**
 * 唯一的请求函数。约定见服务器的 /openapi.json。
 * - 任何 HTTP 状态都会进 success，所以成败只看 statusCode；
 * - 401：悄悄重新登录一次，再问一次（服务器没有处理过那次请求，重发是安全的）；
 * - 只有重发不会多办一次的请求才自动重试：GET，和带 Idempotency-Key 的写；
 * - 编号一律当作文字，从不当作数字（64 位整数在 JS 里会变）。
 */
const settings = require('./settings')

const PAUSES = [400, 1200]
const LONGEST_WAIT = 5000
const OFFLINE = '没有连上服务器，请检查网络后点“重试”'
const UNREADABLE = '服务暂时不可用，请稍后再试'

/** 服务器说的不行：code 供程序判断，message 给人看，errors 按字段。 */
class ApiError extends Error {
  constructor(status, body, retryAfter) {
    super(body.message || UNREADABLE)
    this.status = status
    this.code = body.code || `http.${status}`
    this.errors = body.errors || {}
    this.requestId = body.request_id || ''
    this.retryAfter = retryAfter
  }
}

let holder = { token: () => '', renew: () => Promise.reject(new ApiError(401, {})) }

/** 由 session 告诉这里：令牌是什么，过期了怎么换。 */
function authenticate(given) {
  holder = given
}

function header(response, name) {
  const headers = response.header || {}
  const found = Object.keys(headers).find((key) => key.toLowerCase() === name)
  return found ? String(headers[found]) : ''
}

function send(method, path, options, token) {
  const headers = { 'content-type': 'application/json' }
  if (token) headers.Authorization = `Bearer ${token}`
  if (options.version !== undefined) headers['If-Match'] = `"${options.version}"`
  if (options.key) headers['Idempotency-Key'] = options.key
  return new Promise((resolve, reject) => {
    wx.request({
      url: settings.baseUrl() + path,
      method,
      header: headers,
      data: options.body,
      timeout: settings.timeout,
      success: resolve,
      fail: () => reject(new ApiError(0, { code: 'network', message: OFFLINE })),
    })
  })
}

function read(response) {
  const status = response.statusCode
  if (status >= 200 && status < 300) return response.data
  const body = response.data && typeof response.data === 'object' ? response.data : {}
  throw new ApiError(status, body, Number(header(response, 'retry-after')) * 1000 || 0)
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

function worthAnotherTry(error, method, options) {
  const repeatable = method === 'GET' || Boolean(options.key)
  const passing = [0, 429, 502, 503, 504].includes(error.status) || error.code === 'idempotency.in_progress'
  return repeatable && passing && (error.retryAfter || 0) <= LONGEST_WAIT
}

async function attempt(method, path, options) {
  for (let tries = 0; ; tries += 1) {
    try {
      return read(await send(method, path, options, options.anonymous ? '' : holder.token()))
    } catch (error) {
      if (tries >= PAUSES.length || !worthAnotherTry(error, method, options)) throw error
      await pause(Math.max(PAUSES[tries], error.retryAfter || 0))
    }
  }
}

/**
 * 问一次服务器，返回 JSON；失败时抛 ApiError。
 * options: body 请求体 · version 编辑所依据的版本（If-Match） · key 幂等键 · anonymous 不带令牌
 */
async function request(method, path, options = {}) {
  try {
    return await attempt(method, path, options)
  } catch (error) {
    if (error.status !== 401 || options.anonymous) throw error
    await holder.renew()
    return attempt(method, path, options)
  }
}

/** 组成查询串；空的不带。 */
function query(values) {
  const parts = Object.keys(values)
    .filter((name) => values[name] !== '' && values[name] !== null && values[name] !== undefined)
    .map((name) => `${name}=${encodeURIComponent(values[name])}`)
  return parts.length ? `?${parts.join('&')}` : ''
}

module.exports = {
  ApiError,
  authenticate,
  query,
  get: (path, options) => request('GET', path, options),
  post: (path, options) => request('POST', path, options),
  put: (path, options) => request('PUT', path, options),
  delete: (path, options) => request('DELETE', path, options),
}
