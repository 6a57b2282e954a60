/** 唯一的设置处。包里没有任何密钥：微信的 secret、令牌都只在服务器上。 */
const BASES = {
  develop: 'http://127.0.0.1:8000',
  trial: 'https://trial.zhangshangban.example.gov.cn',
  release: 'https://zhangshangban.example.gov.cn',
}

/** 开发时端口可能不同：在开发者工具的 Storage 里写 api_base 即可；正式版不认这个开关。 */
function baseUrl() {
  const version = wx.getAccountInfoSync().miniProgram.envVersion || 'release'
  const chosen = version === 'develop' ? wx.getStorageSync('api_base') : ''
  return (chosen || BASES[version] || BASES.release) + '/api/v1'
}

module.exports = {
  baseUrl,
  /** 毫秒；服务器在 10 秒内必有答复。 */
  timeout: 15000,
  /** 政务服务热线 */
  hotline: '12345',
}
