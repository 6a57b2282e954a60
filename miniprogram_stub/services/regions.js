/** 行政区划：整棵树只取一次；选择时一级一级往下。 */
const api = require('./api')

/** 树根“全国”不用选，从省、直辖市选起。 */
const COUNTRY = '000000'
let asked = null

/** 取得整棵树；取不到时下次再取。 */
function all() {
  if (!asked) {
    asked = api.get('/regions', { anonymous: true }).then((found) => found.items)
    asked.catch(() => {
      asked = null
    })
  }
  return asked
}

function children(regions, parent) {
  return regions.filter((region) => region.parent === parent)
}

/** 从上到下，走到 code 的路。 */
function path(regions, code) {
  const found = code === COUNTRY ? undefined : regions.find((region) => region.code === code)
  return found ? [...path(regions, found.parent), found] : []
}

/** 选择框一级一级的内容：每一级的选项、选中的是第几个、叫什么；最后一级等着选。 */
function levels(regions, code) {
  const way = path(regions, code)
  const rows = []
  let options = children(regions, COUNTRY)
  for (let depth = 0; options.length; depth += 1) {
    const index = way[depth] ? options.findIndex((one) => one.code === way[depth].code) : -1
    rows.push({
      options,
      names: options.map((one) => one.name),
      at: Math.max(index, 0),
      chosen: index < 0 ? '' : options[index].name,
    })
    if (index < 0) break
    options = children(regions, options[index].code)
  }
  return rows
}

module.exports = { all, levels }
