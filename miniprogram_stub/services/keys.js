/** Idempotency-Key：一个意图一个键。同一个人、同一件事再点一次，仍是原来的那一个键。 */
function fresh() {
  const part = () => Math.floor(Math.random() * 0x100000000).toString(16).padStart(8, '0')
  return `${Date.now().toString(36)}-${part()}${part()}${part()}`
}

/** 取得一个意图的键；没有办成以前（断网、退出、重进）一直是同一个。 */
function of(intent) {
  const place = `key:${intent}`
  const kept = wx.getStorageSync(place)
  if (kept) return kept
  const made = fresh()
  wx.setStorageSync(place, made)
  return made
}

function done(intent) {
  wx.removeStorageSync(`key:${intent}`)
}

/** 服务器听懂了并且不同意：下一次是新的意图。没有答复、正在处理中：还是这一个。 */
function refused(error) {
  return error.status >= 400 && error.status < 500 && error.code !== 'idempotency.in_progress'
}

/** 用一个意图的键做一件事：work(key)。办成了、或被明确拒绝了，键就作废。 */
async function once(intent, work) {
  try {
    const result = await work(of(intent))
    done(intent)
    return result
  } catch (error) {
    if (refused(error)) done(intent)
    throw error
  }
}

module.exports = { fresh, once }
