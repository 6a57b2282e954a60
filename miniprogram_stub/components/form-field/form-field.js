/**
 * 一个问题：按服务器给的字段（FieldOut）画出来。答案变了就告诉页面：
 * answered {path, value, settled}；settled 为 true 是选定了，false 是还在打字。
 */
const regions = require('../../services/regions')
const words = require('../../services/words')

/** 字段类型 → 用哪种控件、哪种键盘；服务器有的类型这里一个不少（有测试核对）。 */
const CONTROLS = {
  text: { control: 'input', keyboard: 'text' },
  idcard: { control: 'input', keyboard: 'idcard' },
  phone: { control: 'input', keyboard: 'number' },
  number: { control: 'input', keyboard: 'digit' },
  money: { control: 'input', keyboard: 'digit', unit: '元' },
  bankcard: { control: 'input', keyboard: 'number' },
  uscc: { control: 'input', keyboard: 'text' },
  textarea: { control: 'textarea' },
  address: { control: 'textarea' },
  date: { control: 'date' },
  select: { control: 'radio' },
  bool: { control: 'radio' },
  multiselect: { control: 'checks' },
  declaration: { control: 'declaration' },
  region: { control: 'region' },
  file: { control: 'file' },
  signature: { control: 'signature' },
  list: { control: 'list' },
}
const YES_OR_NO = [
  { value: 'true', label: '是' },
  { value: 'false', label: '否' },
]
const UNLIMITED = -1

function optionsOf(field, value) {
  const offered = field.type === 'bool' ? YES_OR_NO : field.options || []
  const chosen = Array.isArray(value) ? value : [String(value)]
  return offered.map((option) => ({ ...option, checked: chosen.includes(option.value) }))
}

function sourceOf(field) {
  const read = field.prefilled
  if (!read) return ''
  if (read.state !== 'read') return `${read.source}暂时没有读到，请您填写，办理时会核实`
  return `来自${read.source}${read.as_of ? '，' + words.day(read.as_of) : ''}`
}

function textOf(field, value) {
  if (field.type === 'signature') return value && value.text ? value.text : ''
  return value === null || value === undefined || typeof value === 'object' ? '' : String(value)
}

Component({
  properties: {
    field: Object,
    value: null,
    path: String,
    errors: Object,
  },
  data: { control: '', keyboard: 'text', text: '', masked: false, options: [], items: [], levels: [], messages: [] },
  observers: {
    'field, value'(field, value) {
      if (field && field.type) this.draw(field, value)
    },
    'errors, path'(errors, path) {
      this.setData({ messages: (errors && errors[path]) || [] })
    },
  },
  methods: {
    draw(field, value) {
      const { control, keyboard = 'text', unit = '' } = CONTROLS[field.type]
      const text = textOf(field, value)
      const masked = text.includes('*') && !field.readonly
      this.setData({
        control: field.readonly ? 'fixed' : control,
        keyboard: masked ? 'text' : keyboard,
        unit,
        text,
        masked,
        most: field.maxlen || UNLIMITED,
        name: field.label + (field.required ? '，必填' : '，选填'),
        source: sourceOf(field),
        options: ['radio', 'checks'].includes(control) ? optionsOf(field, value) : [],
        items: control === 'list' && Array.isArray(value) ? value : [],
        checked: value === true,
      })
      if (control === 'region' && !field.readonly) this.drawRegion(value)
    },

    async drawRegion(value) {
      try {
        this.setData({ levels: regions.levels(await regions.all(), value || '') })
      } catch (error) {
        this.setData({ messages: [error.message] })
      }
    },

    tell(value, settled) {
      this.triggerEvent('answered', { path: this.data.path, key: this.data.field.key, value, settled })
    },

    type(event) {
      const { value } = event.detail
      const typed = this.data.field.type === 'signature' && value ? { kind: 'typed', text: value } : value
      this.tell(typed === '' ? null : typed, false)
    },

    leave() {
      this.triggerEvent('left')
    },

    rewrite() {
      this.setData({ text: '', masked: false })
      this.tell(null, false)
    },

    choose(event) {
      const { value } = event.detail
      this.tell(this.data.field.type === 'bool' ? value === 'true' : value, true)
    },

    check(event) {
      this.tell(event.detail.value, true)
    },

    agree(event) {
      this.tell(event.detail.value.length > 0 ? true : null, true)
    },

    pickDay(event) {
      this.tell(event.detail.value, true)
    },

    pickRegion(event) {
      const level = this.data.levels[Number(event.currentTarget.dataset.depth)]
      const picked = level.options[Number(event.detail.value)]
      if (!picked) return
      this.drawRegion(picked.code)
      this.tell(picked.code, true)
    },

    addItem() {
      this.tell([...this.data.items, {}], true)
    },

    removeItem(event) {
      const place = Number(event.currentTarget.dataset.index)
      this.tell(this.data.items.filter((_, index) => index !== place), true)
    },

    changeItem(event) {
      const place = Number(event.currentTarget.dataset.index)
      const { key, value, settled } = event.detail
      const items = this.data.items.map((item, index) => (index === place ? { ...item, [key]: value } : item))
      this.tell(items, settled)
    },
  },
})
