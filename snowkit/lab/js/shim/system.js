// gs, GlideStringUtil, the MAC classes, and what a script finds around it when it starts.
// source: server-api-reference GlideSystem (scoped), GlideCertificateEncryption, CertificateEncryption, GlideStringUtil

function filled(message, values) {
  const list = values.length === 1 && Array.isArray(values[0]) ? values[0] : values;
  return stored(message).replace(/\{(\d+)\}/g, (all, index) => (index < list.length ? stored(list[index]) : all));
}

const log = (level) => function (message) {
  host('system.log', [level, filled(message, Array.from(arguments).slice(1))]);
};

function systemOf(context) {
  const user = context.user;
  const gs = {
    info: log(0), warn: log(1), error: log(2), debug: log(-1),
    getProperty(name, fallback) {
      const value = host('system.property', [stored(name)]);
      return value === null ? (fallback === undefined ? null : fallback) : value;
    },
    setProperty(name, value) { host('system.set_property', [stored(name), stored(value)]); },
    getUserID: () => user.id,
    getUserName: () => user.name,
    getUserDisplayName: () => user.display,
    getUser: () => ({
      getID: () => user.id, getName: () => user.name, getDisplayName: () => user.display, getFullName: () => user.display,
      hasRole: (role) => gs.hasRole(role), getRoles: () => user.roles.slice(),
    }),
    hasRole: (role) => user.roles.includes('admin') || stored(role).split(',').some((one) => user.roles.includes(one.trim())),
    hasRoleExactly: (role) => user.roles.includes(stored(role)),
    getSession: () => ({ isInteractive: () => user.interactive, isLoggedIn: () => true }),
    isInteractive: () => user.interactive,
    isLoggedIn: () => true,
    nil: (value) => value === null || value === undefined || stored(value) === '',
    generateGUID: () => host('system.guid', []),
    base64Encode: (text) => host('text.encode', [stored(text)]),
    base64Decode: (text) => host('text.decode', [stored(text)]),
    urlEncode: (text) => encodeURIComponent(stored(text)).replace(/%20/g, '+'),
    urlDecode: (text) => decodeURIComponent(stored(text).replace(/\+/g, ' ')),
    eventQueue(name, record, first, second) { raise(name, record, first, second); },
    eventQueueScheduled(name, record, first, second) { raise(name, record, first, second); },
    tableExists: (table) => columnsOf(stored(table)) !== null,
    getMessage: (key, values) => filled(key, values === undefined ? [] : [].concat(values)),
    getCurrentScopeName: () => (context.scope === 'global' ? 'rhino.global' : context.scope),
    getCallerScopeName: () => null,
    addInfoMessage() {}, addErrorMessage() {},
  };
  // The scoped API has none of these. source: server-api-reference/c_GlideSystemScopedAPI
  if (context.scope === 'global') {
    gs.log = (message) => host('system.log', [0, stored(message)]);
    gs.logWarning = (message) => host('system.log', [1, stored(message)]);
    gs.logError = (message) => host('system.log', [2, stored(message)]);
    gs.print = gs.log;
    gs.sleep = (milliseconds) => host('system.sleep', [Number(milliseconds)]);
    gs.now = () => host('system.now', []).slice(0, 10);
    gs.nowDateTime = () => host('system.now', []);
  }
  return gs;
}

function raise(name, record, first, second) {
  const valid = record instanceof GlideRecord;
  host('system.event', [stored(name), valid ? record.getTableName() : '', valid ? stored(record.getUniqueValue()) : '', stored(first), stored(second)]);
}

class CertificateEncryption {
  generateMac(key, algorithm, data) { return host('text.mac', [stored(key), stored(algorithm), stored(data)]); }
}

class GlideStringUtil {
  static base64Encode(text) { return host('text.encode', [stored(text)]); }
  static base64Decode(text) { return host('text.decode', [stored(text)]); }
  static isEligibleSysID(text) { return /^[0-9a-f]{32}$/.test(stored(text)); }
  static notNil(text) { return stored(text) !== ''; }
  static nil(text) { return stored(text) === ''; }
  static escapeHTML(text) {
    return stored(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
  }
}

const Class = { create: () => function () { if (this.initialize) this.initialize.apply(this, arguments); } };

// Rhino's errors know their line; scripts log it. Lines of the shim itself are no script's.
Object.defineProperty(Error.prototype, 'lineNumber', {
  configurable: true,
  get() {
    const lines = (stored(this.stack).match(/<input>:\d+/g) || []).map((found) => Number(found.slice(8)));
    return lines.find((line) => line < SHIM_LINE);
  },
});

// Global scripts know the classes by their bare names; scoped ones have the scoped MAC class instead.
function start(text) {
  const context = JSON.parse(text);
  const names = {
    GlideRecord, GlideRecordSecure, GlideAggregate, GlideDateTime, GlideStringUtil, Class, gs: systemOf(context),
    sn_ws: { RESTMessageV2 }, answer: undefined,
  };
  names[context.scope === 'global' ? 'GlideCertificateEncryption' : 'CertificateEncryption'] = CertificateEncryption;
  Object.extendsObject = (parent, members) => {
    const made = Class.create();
    made.prototype = Object.assign(Object.create(parent.prototype), members);
    return made;
  };
  if (context.table) {
    const unknowing = context.when === 'async';
    const before = unknowing ? undefined : context.previous;
    names.current = new GlideRecord(context.table, context.current, before);
    const state = names.current[STATE];
    // The rule's table; getRecordClassName gives the record's own. source: business_rules 1.5
    state.alias = context.rule_table;
    state.operation = context.operation;
    state.fresh = context.operation === 'insert' && context.when === 'before';
    // Null on insert and in async rules. source: business_rules 1.1
    names.previous = !context.previous || unknowing ? null : new GlideRecord(context.table, context.previous);
    names.g_scratchpad = {};
  }
  if (context.event) names.event = new GlideRecord('sysevent', context.event);
  Object.assign(global, names);
  started = names;
}

let started = {};

// A condition is an expression, or sets `answer`; a lone field counts by its text.
function holds(value) {
  const result = value === undefined ? global.answer : value;
  return result instanceof GlideElement ? !['', 'false', '0'].includes(String(result)) : !!result;
}

// The legacy form: a function named after the moment, with nothing that calls it.
function legacy(when) {
  const called = global['on' + when.charAt(0).toUpperCase() + when.slice(1)];
  if (typeof called === 'function') called(global.current, global.previous);
}

function finish() {
  const state = started.current ? started.current[STATE] : { row: {}, dirty: new Set(), aborted: false, terms: [] };
  const changes = {};
  state.dirty.forEach((name) => { changes[name] = state.row[name]; });
  return JSON.stringify({ changes, aborted: state.aborted, query: state.terms.join('^') });
}
