// GlideAggregate, and GlideRecordSecure, which sees what the user may read.
// source: server-api-reference GlideAggregate, GlideRecordSecure

class GlideRecordSecure extends GlideRecord {
  query() {
    super.query.apply(this, arguments);
    const state = this[STATE];
    state.rows = state.rows.filter((row) => host('record.readable', [state.table, row]));
  }
  get() {
    return super.get.apply(this, arguments) && host('record.readable', [this[STATE].table, this[STATE].row]);
  }
}

class GlideAggregate extends GlideRecord {
  // Every aggregate can be worked out when it is asked for.
  addAggregate() {}
  groupBy(field) { asked(this).groups.push(stored(field)); }
  query() {
    super.query.apply(this, arguments);
    const state = this[STATE];
    const { groups } = asked(this);
    const found = new Map();
    state.rows.forEach((row) => {
      const key = JSON.stringify(groups.map((field) => row[field] || ''));
      if (!found.has(key)) found.set(key, []);
      found.get(key).push(row);
    });
    if (!groups.length && !found.size) found.set('', []);
    asked(this).members = Array.from(found.values());
    state.rows = asked(this).members.map((rows) => Object.fromEntries(groups.map((field) => [field, rows[0][field]])));
  }
  getAggregate(operation, field) {
    const rows = asked(this).members[this[STATE].position];
    const name = stored(operation).toUpperCase();
    if (name === 'COUNT') return String(rows.filter((row) => !field || row[stored(field)]).length);
    const numbers = rows.map((row) => row[stored(field)]).filter((value) => value).map(Number);
    if (!numbers.length) return null;
    const sum = numbers.reduce((one, other) => one + other, 0);
    const worth = { SUM: sum, AVG: sum / numbers.length, MIN: Math.min(...numbers), MAX: Math.max(...numbers) };
    return name in worth ? String(worth[name]) : null;
  }
}

function asked(record) {
  const state = record[STATE];
  if (!state.aggregate) state.aggregate = { groups: [], members: [] };
  return state.aggregate;
}
