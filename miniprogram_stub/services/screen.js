/** 每一页共有的：长辈版的大小、忙碌和出错时说什么。出错时原样说服务器的话，不弹窗。 */
const session = require('./session')

/** 在一页上做一件会失败的事；做的时候 busy，失败了 failure 是给人看的话。返回是否做成。 */
async function attempt(page, work) {
  page.setData({ busy: true, failure: '', failureCode: '' })
  try {
    await work()
    return true
  } catch (error) {
    if (error.code === undefined) throw error
    page.setData({ failure: error.message, failureCode: error.code })
    return false
  } finally {
    page.setData({ busy: false, care: session.careMode() })
  }
}

/** 页面的共同底子；页面自己的 data 和方法写在 own 里。 */
function screen(own) {
  const shown = own.onShow
  return {
    ...own,
    data: { care: session.careMode(), busy: false, failure: '', failureCode: '', ...own.data },
    onShow() {
      this.setData({ care: session.careMode() })
      if (shown) shown.call(this)
    },
  }
}

module.exports = { screen, attempt }
