// GlideDateTime: seconds of UTC behind "yyyy-MM-dd HH:mm:ss".
// source: server-api-reference c_GlideDateTimeScopedAPI

class GlideDateTime {
  constructor(value) {
    Object.defineProperty(this, '_', { value: { time: 0, valid: true } });
    if (value instanceof GlideDateTime) this._.time = value._.time;
    else this.setValue(value === undefined ? host('system.now', []) : value);
  }
  setValue(value) {
    if (typeof value === 'number') { this._.time = Math.floor(value / 1000) * 1000; return; }
    const found = /^(\d{4})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d))?$/.exec(stored(value).trim());
    this._.valid = found !== null;
    if (found) this._.time = Date.UTC(+found[1], +found[2] - 1, +found[3], +(found[4] || 0), +(found[5] || 0), +(found[6] || 0));
  }
  getValue() { return this._.valid ? new Date(this._.time).toISOString().slice(0, 19).replace('T', ' ') : ''; }
  toString() { return this.getValue(); }
  valueOf() { return this.getValue(); }
  isValid() { return this._.valid; }
  getDisplayValue() { return this._.valid ? host('system.local', [this.getValue()]) : ''; }
  getNumericValue() { return this._.time; }
  getDate() { return this.getValue().slice(0, 10); }
  addSeconds(count) { this._.time += Number(count) * 1000; }
  add(milliseconds) { this._.time += Number(milliseconds); }
  addDays(count) { this.addSeconds(Number(count) * 86400); }
  addDaysUTC(count) { this.addDays(count); }
  addWeeks(count) { this.addDays(Number(count) * 7); }
  compareTo(other) { return Math.sign(this._.time - new GlideDateTime(other)._.time); }
  before(other) { return this.compareTo(other) < 0; }
  after(other) { return this.compareTo(other) > 0; }
  onOrBefore(other) { return this.compareTo(other) <= 0; }
  onOrAfter(other) { return this.compareTo(other) >= 0; }
  equals(other) { return this.compareTo(other) === 0; }
}
