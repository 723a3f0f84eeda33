// GlideRecord, GlideElement and GlideQueryCondition, over rows of strings.
// source: server-api-reference GlideRecord and GlideElement (scoped), business_rules 1.5

const STATE = Symbol('state');
const dictionary = new Map();

function columnsOf(table) {
  if (!dictionary.has(table)) dictionary.set(table, host('schema.columns', [table]));
  return dictionary.get(table);
}

function stored(value) {
  if (value === null || value === undefined) return '';
  if (value instanceof GlideRecord) return value.getUniqueValue() || '';
  return String(value);
}

class GlideElement {
  constructor(record, name) {
    Object.defineProperty(this, STATE, { value: { record, name, reference: null } });
    return new Proxy(this, elementTraps);
  }
  toString() { return rowOf(this)[nameOf(this)] || ''; }
  valueOf() { return this.toString(); }
  getValue() { return this.toString(); }
  getName() { return nameOf(this); }
  getTableName() { return this[STATE].record[STATE].table; }
  getLabel() { return columnOf(this).label; }
  getReferenceTable() { return columnOf(this).reference || null; }
  getDisplayValue() { return this[STATE].record.getDisplayValue(nameOf(this)) || ''; }
  setValue(value) { this[STATE].record.setValue(nameOf(this), value); }
  setDisplayValue(value) { this[STATE].record.setDisplayValue(nameOf(this), value); }
  nil() { return this.toString() === ''; }
  canRead() { return true; }
  canWrite() { return true; }
  canCreate() { return true; }
  getRefRecord() {
    const state = this[STATE];
    if (state.reference === null || state.reference.getUniqueValue() !== this.toString()) {
      state.reference = new GlideRecord(columnOf(this).reference || '');
      if (!this.nil()) state.reference.get(this.toString());
    }
    return state.reference;
  }
  // Documented for every type except journal fields, and never true in an async script.
  changes() {
    const state = this[STATE].record[STATE];
    if (state.before === undefined || columnOf(this).type.startsWith('journal')) return false;
    if (state.before === null) return !this.nil();
    return (state.before[nameOf(this)] || '') !== this.toString();
  }
  changesTo(value) { return this.changes() && this.toString() === stored(value); }
  changesFrom(value) {
    const before = this[STATE].record[STATE].before;
    return this.changes() && !!before && (before[nameOf(this)] || '') === stored(value);
  }
  // Text for people, "time - name (label)" and the entry, newest first; never the raw value.
  getJournalEntry(count) {
    const record = this[STATE].record;
    return host('journal.text', [record.getRecordClassName(), record.getUniqueValue(), nameOf(this), count]);
  }
}

const nameOf = (element) => element[STATE].name;
const rowOf = (element) => element[STATE].record[STATE].row;
const columnOf = (element) => columnsOf(element[STATE].record[STATE].table)[element[STATE].name];

const elementTraps = {
  get(target, key) {
    if (typeof key === 'symbol' || key in target) return target[key];
    return columnOf(target).reference ? target.getRefRecord()[key] : undefined;
  },
};

class GlideQueryCondition {
  constructor(terms, index) { this.terms = terms; this.index = index; }
  addOrCondition(field, operator, value) { return this.extend('^OR', arguments); }
  addCondition(field, operator, value) { return this.extend('^', arguments); }
  extend(joint, parts) {
    this.terms[this.index] += joint + term(Array.from(parts));
    return this;
  }
}

const WORDS = { 'CONTAINS': 'LIKE', 'DOES NOT CONTAIN': 'NOT LIKE', 'STARTS WITH': 'STARTSWITH', 'ENDS WITH': 'ENDSWITH' };

// A caret in a value is written twice, so that it does not begin another condition.
const quoted = (value) => stored(value).replace(/\^/g, '^^');

function term(parts) {
  if (parts.length === 1) return stored(parts[0]);
  if (parts.length === 2) return stored(parts[0]) + '=' + quoted(parts[1]);
  const operator = stored(parts[1]).toUpperCase();
  return stored(parts[0]) + (WORDS[operator] || operator) + quoted(parts[2]);
}

const recordTraps = {
  get(target, key) {
    if (typeof key === 'symbol' || key in target) return target[key];
    return target.getElement(key) || undefined;
  },
  set(target, key, value) {
    if (typeof key !== 'symbol') target.setValue(key, value);
    return true;
  },
};

class GlideRecord {
  constructor(table, row, before) {
    const state = {
      table: stored(table), row: row || {}, before, dirty: new Set(), fresh: !row, workflow: true, stamps: true, aborted: false, alias: '',
      terms: [], order: '', limit: 0, offset: 0, rows: [], position: -1, operation: null, elements: {},
    };
    Object.defineProperty(this, STATE, { value: state });
    return new Proxy(this, recordTraps);
  }

  // --- finding ---
  addQuery() {
    const terms = this[STATE].terms;
    terms.push(term(Array.from(arguments)));
    return new GlideQueryCondition(terms, terms.length - 1);
  }
  addEncodedQuery(query) { if (query) this[STATE].terms.push(stored(query)); }
  addNullQuery(field) { return this.addQuery(field + 'ISEMPTY'); }
  addNotNullQuery(field) { return this.addQuery(field + 'ISNOTEMPTY'); }
  addActiveQuery() { return this.addQuery('active', 'true'); }
  getEncodedQuery() { return this[STATE].terms.join('^') + this[STATE].order; }
  orderBy(field) { this[STATE].order += '^ORDERBY' + field; }
  orderByDesc(field) { this[STATE].order += '^ORDERBYDESC' + field; }
  setLimit(count) { this[STATE].limit = Number(count); }
  chooseWindow(first, last) { this[STATE].offset = Number(first); this[STATE].limit = Number(last) - Number(first); }
  query() {
    const state = this[STATE];
    if (arguments.length) this.addQuery.apply(this, arguments);
    state.rows = host('record.query', [state.table, this.getEncodedQuery().replace(/^\^/, ''), state.limit, state.offset]);
    state.position = -1;
  }
  hasNext() { return this[STATE].position + 1 < this[STATE].rows.length; }
  next() {
    const state = this[STATE];
    if (!this.hasNext()) return false;
    state.position += 1;
    load(state, state.rows[state.position]);
    return true;
  }
  getRowCount() { return this[STATE].rows.length; }
  get(field, value) {
    const state = this[STATE];
    const query = arguments.length > 1 ? stored(field) + '=' + stored(value) : 'sys_id=' + stored(field);
    state.rows = host('record.query', [state.table, query, 1, 0]);
    state.position = -1;
    return this.next();
  }

  // --- reading ---
  getElement(name) {
    const state = this[STATE];
    const columns = columnsOf(state.table);
    if (!columns || !Object.hasOwn(columns, name)) return null;
    return state.elements[name] || (state.elements[name] = new GlideElement(this, name));
  }
  getValue(name) { return this[STATE].row[name] || null; }
  getDisplayValue(name) {
    const state = this[STATE];
    return host('record.display', [state.table, state.row, name ? stored(name) : '']) || null;
  }
  getUniqueValue() { return this.getValue('sys_id'); }
  getTableName() { return this[STATE].alias || this[STATE].table; }
  getRecordClassName() { return this.getValue('sys_class_name') || this[STATE].table; }
  getLink(noStack) { return this[STATE].table + '.do?sys_id=' + this.getUniqueValue() + (noStack ? '' : '&sysparm_stack=' + this[STATE].table + '_list.do?sysparm_query=active=true'); }
  isValid() { return columnsOf(this[STATE].table) !== null; }
  isValidField(name) { return this.getElement(name) !== null; }
  isValidRecord() { return !!this.getUniqueValue() && !this[STATE].fresh; }
  isNewRecord() { return this[STATE].fresh; }
  operation() { return this[STATE].operation; }
  changes() { const record = this; return Object.keys(columnsOf(this[STATE].table) || {}).some((name) => record.getElement(name).changes()); }
  canRead() { return true; }
  canWrite() { return true; }
  canCreate() { return true; }
  canDelete() { return true; }

  // --- writing ---
  setValue(name, value) {
    const state = this[STATE];
    if (this.getElement(name) === null) return;
    state.row[name] = stored(value);
    state.dirty.add(name);
  }
  setDisplayValue(name, value) { this.setValue(name, host('record.value', [this[STATE].table, stored(name), stored(value)])); }
  initialize() { load(this[STATE], {}); this[STATE].fresh = true; }
  newRecord() { this.initialize(); this[STATE].row.sys_id = host('system.guid', []); }
  setNewGuidValue(id) { this[STATE].row.sys_id = stored(id); }
  setWorkflow(on) { this[STATE].workflow = !!on; }
  autoSysFields(on) { this[STATE].stamps = !!on; }
  setAbortAction(on) { this[STATE].aborted = !!on; }
  isActionAborted() { return this[STATE].aborted; }
  insert() {
    const state = this[STATE];
    return written(state, host('record.insert', [state.table, state.row, state.workflow, state.stamps]));
  }
  update() {
    const state = this[STATE];
    if (!this.isValidRecord()) return this.insert();
    const changes = {};
    state.dirty.forEach((name) => { changes[name] = state.row[name]; });
    return written(state, host('record.update', [this.getRecordClassName(), this.getUniqueValue(), changes, state.workflow, state.stamps]));
  }
  deleteRecord() {
    const state = this[STATE];
    return this.isValidRecord() && host('record.delete', [this.getRecordClassName(), this.getUniqueValue(), state.workflow]);
  }
  // Documented: it does not honour setWorkflow.
  deleteMultiple() {
    this.query();
    while (this.next()) host('record.delete', [this.getRecordClassName(), this.getUniqueValue(), true]);
  }
  updateMultiple() {
    const values = Object.assign({}, this[STATE].row);
    this.query();
    while (this.next()) {
      for (const name of Object.keys(values)) if (name !== 'sys_id') this.setValue(name, values[name]);
      this.update();
    }
  }
}

function load(state, row) {
  state.row = Object.assign({}, row);
  state.fresh = false;
  state.dirty.clear();
}

function written(state, row) {
  if (row === null) return null;
  load(state, row);
  return row.sys_id;
}
