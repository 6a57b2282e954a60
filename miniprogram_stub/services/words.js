/** 把编码和时间说成人话；颜色之外一定有文字。 */
const STATUS_TONES = {
  draft: 'plain',
  submitted: 'calm',
  supplement: 'warn',
  accepted: 'calm',
  paused: 'warn',
  approved: 'good',
  rejected: 'bad',
  refused: 'bad',
  withdrawn: 'plain',
  revoked: 'bad',
}
const REASON_MARKS = { met: '✓ 符合', not_met: '✗ 不符合', unknown: '? 还不知道' }
const REASON_TONES = { met: 'good', not_met: 'bad', unknown: 'warn' }
const EAST_EIGHT = 8 * 3600 * 1000

function two(number) {
  return String(number).padStart(2, '0')
}

/** RFC 3339（UTC）→ 2026年11月23日 09:30（北京时间，与手机时区无关）。 */
function moment(text) {
  if (!text) return ''
  const at = new Date(Date.parse(text) + EAST_EIGHT)
  const day = `${at.getUTCFullYear()}年${at.getUTCMonth() + 1}月${at.getUTCDate()}日`
  return `${day} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`
}

/** 2026-11-23 → 2026年11月23日 */
function day(text) {
  if (!text) return ''
  const [year, month, date] = text.split('-')
  return `${year}年${Number(month)}月${Number(date)}日`
}

/** 现在的钟点，用于“已保存 10:32”。 */
function clock() {
  const at = new Date(Date.now() + EAST_EIGHT)
  return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`
}

/** 一棵理由树 → 一行一行，带层次。 */
function reasons(items, depth = 0) {
  return items.reduce((rows, item) => {
    const source = item.source ? `来源：${item.source}${item.fetched_at ? '，' + moment(item.fetched_at) : ''}` : ''
    rows.push({
      text: item.text,
      mark: REASON_MARKS[item.outcome],
      tone: REASON_TONES[item.outcome],
      source,
      indent: depth * 16,
    })
    return rows.concat(reasons(item.children, depth + 1))
  }, [])
}

/** 推送的真实状态用哪种语气。 */
function deliveryTone(state) {
  if (state === 'delivered') return 'good'
  return ['rejected', 'failed', 'dead', 'expired'].includes(state) ? 'warn' : 'plain'
}

module.exports = { STATUS_TONES, moment, day, clock, reasons, deliveryTone }
