/*
 * Runs the mini-program's own JavaScript in Node without WeChat: `wx`, App, Page, Component, setData, observers.
 * Speaks JSON lines. In: {do: "open" | "call" | "draw" | "storage", …} and answers to what it asked.
 * Out: {ask: "request" | "login" | …, id, …} for the test to answer, and {done, …} when the phone is idle.
 * WXML is not rendered: taps name the method that the linter has found bound.
 */
'use strict'
const path = require('path')
const readline = require('readline')

const root = path.resolve(process.argv[2])
const SPEED = 20
const waiting = new Map()
const stored = {}
const log = []
let asked = 0
let timers = 0
let page = null

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)
function ask(kind, details) {
  asked += 1
  const id = asked
  say({ ask: kind, id, ...details })
  return new Promise((resolve) => waiting.set(id, resolve))
}
const real = { setTimeout, clearTimeout }
const running = new Set()
global.setTimeout = (work, milliseconds = 0) => {
  timers += 1
  const handle = real.setTimeout(() => {
    running.delete(handle)
    timers -= 1
    work()
  }, milliseconds / SPEED)
  running.add(handle)
  return handle
}
global.clearTimeout = (handle) => {
  if (running.delete(handle)) timers -= 1
  real.clearTimeout(handle)
}

const asking = (kind, pick) => (options) => {
  log.push(kind)
  ask(kind, pick(options)).then((answer) => {
    const callback = answer.failed ? options.fail : options.success
    if (callback) callback(answer.result)
    if (options.complete) options.complete(answer.result)
  })
}
const moved = (kind) => (options) => log.push(`${kind} ${options.url}`)
global.wx = {
  env: { USER_DATA_PATH: 'wxfile://usr' },
  getAccountInfoSync: () => ({ miniProgram: { envVersion: 'develop' } }),
  getStorageSync: (name) => (name in stored ? JSON.parse(stored[name]) : ''),
  setStorageSync: (name, value) => {
    stored[name] = JSON.stringify(value)
  },
  removeStorageSync: (name) => delete stored[name],
  request: asking('request', ({ url, method, header, data }) => ({ url, method, header, data })),
  login: asking('login', () => ({})),
  requestSubscribeMessage: asking('subscribe', ({ tmplIds }) => ({ templates: tmplIds })),
  requestFacialVerify: asking('face', ({ verifyId }) => ({ ticket: verifyId })),
  getFileSystemManager: () => ({
    writeFile: asking('write', ({ filePath, data }) => ({ path: filePath, data })),
    unlink: ({ filePath }) => log.push(`unlink ${filePath}`),
  }),
  navigateTo: moved('navigateTo'),
  redirectTo: moved('redirectTo'),
  reLaunch: moved('reLaunch'),
  pageScrollTo: () => undefined,
  stopPullDownRefresh: () => undefined,
}

/** setData with paths such as `answers.name` and `items[0].unread`. */
function put(data, place, value) {
  const parts = place.replace(/\[(\d+)\]/g, '.$1').split('.')
  const last = parts.pop()
  const target = parts.reduce((inner, part) => (inner[part] = inner[part] === undefined ? {} : inner[part]), data)
  target[last] = value === undefined ? null : JSON.parse(JSON.stringify(value))
}
function alive(definition, data, after) {
  const instance = { ...definition, data }
  instance.setData = (changes) => {
    Object.keys(changes).forEach((place) => put(data, place, changes[place]))
    if (after) after(Object.keys(changes).map((place) => place.split(/[.[]/)[0]))
  }
  return instance
}

global.App = (definition) => definition.onLaunch && definition.onLaunch()
global.Page = (definition) => {
  page = alive(definition, JSON.parse(JSON.stringify(definition.data || {})))
}
let component = null
const EMPTY = new Map([[String, ''], [Number, 0], [Object, null], [Array, []], [null, null]])
global.Component = (definition) => {
  const data = JSON.parse(JSON.stringify(definition.data || {}))
  Object.entries(definition.properties || {}).forEach(([name, kind]) => {
    data[name] = kind && 'value' in kind ? kind.value : EMPTY.get(kind && kind.type ? kind.type : kind)
  })
  const observers = Object.entries(definition.observers || {})
  const instance = alive(definition.methods || {}, data, (changed) => {
    observers.forEach(([watched, react]) => {
      const names = watched.split(',').map((name) => name.trim())
      if (names.some((name) => changed.includes(name))) react.apply(instance, names.map((name) => data[name]))
    })
  })
  instance.events = []
  instance.triggerEvent = (name, detail) => instance.events.push({ name, detail })
  component = instance
}

function load(unit) {
  const file = path.join(root, `${unit}.js`)
  delete require.cache[file]
  require(file)
}
const idle = () => waiting.size === 0 && timers === 0
function settle(then) {
  let quiet = 0
  const look = () => {
    quiet = idle() ? quiet + 1 : 0
    if (quiet > 5) then()
    else real.setTimeout(look, 1)
  }
  look()
}
function event({ dataset = {}, detail = {} }) {
  return { currentTarget: { dataset }, detail }
}
const commands = {
  storage: ({ values }) => Object.entries(values).forEach(([name, value]) => global.wx.setStorageSync(name, value)),
  open({ unit, options }) {
    load(unit)
    if (page.onLoad) page.onLoad(options)
    if (page.onShow) page.onShow()
  },
  call: ({ method, ...given }) => page[method](event(given)),
  calls: ({ method, times }) => Array.from({ length: times }, () => page[method](event({}))),
  draw({ unit, properties }) {
    load(unit)
    component.setData(properties)
  },
  act: ({ method, ...given }) => component[method](event(given)),
}

process.on('unhandledRejection', (error) => {
  say({ broken: String((error && error.stack) || error) })
})
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const message = JSON.parse(line)
  if (message.answer !== undefined) {
    const resolve = waiting.get(message.answer)
    waiting.delete(message.answer)
    resolve(message)
    return
  }
  log.length = 0
  try {
    commands[message.do](message)
  } catch (error) {
    say({ broken: error.stack })
  }
  settle(() =>
    say({ done: true, data: page && page.data, drawn: component && { ...component.data, events: component.events }, log, stored }),
  )
})
