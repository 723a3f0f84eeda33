// sn_ws.RESTMessageV2 and RESTResponseV2.
// source: server-api-reference c_RESTMessageV2API, c_RESTResponseV2API; business_rules 1.2

class RESTMessageV2 {
  constructor(name, method) {
    this._ = {
      method: '', endpoint: '', headers: {}, parameters: {}, body: '', timeout: 0, connect: true,
      user: null, password: null, variables: {}, escaped: {}, ecc: {}, level: '', profile: '',
    };
    Object.defineProperty(this, '_', { enumerable: false });
    if (name) Object.assign(this._, host('rest.message', [stored(name), stored(method)]));
  }
  setEndpoint(url) { this._.endpoint = stored(url); }
  getEndpoint() { return substituted(this._, this._.endpoint); }
  setHttpMethod(method) { this._.method = stored(method).toUpperCase(); }
  setRequestHeader(name, value) { this._.headers[stored(name)] = stored(value); }
  getRequestHeader(name) { return this._.headers[name] === undefined ? null : this._.headers[name]; }
  getRequestHeaders() { return Object.assign({}, this._.headers); }
  setRequestBody(body) { this._.body = stored(body); }
  getRequestBody() { return this._.body; }
  setQueryParameter(name, value) { this._.parameters[stored(name)] = stored(value); }
  setStringParameter(name, value) { this._.variables[stored(name)] = escapedXml(stored(value)); }
  setStringParameterNoEscape(name, value) { this._.variables[stored(name)] = stored(value); }
  setHttpTimeout(milliseconds) { this._.timeout = Number(milliseconds); }
  setBasicAuth(user, password) { this._.user = stored(user); this._.password = stored(password); }
  setAuthenticationProfile(kind, id) { this._.profile = stored(kind) + ' ' + stored(id); }
  setMutualAuth(profile) { this._.profile = 'mutual ' + stored(profile); }
  setRequestorProfile(context, id) { this._.profile = stored(context) + ' ' + stored(id); }
  setAllowedRedirectURIs() {}
  setMIDServer(name) { this._.ecc.agent = 'mid.server.' + stored(name); }
  setEccParameter(name, value) { this._.ecc[stored(name)] = stored(value); }
  setEccCorrelator(value) { this._.ecc.correlator = stored(value); }
  setLogLevel(level) { this._.level = stored(level); }
  disableForcedVariableSubstitution() {}
  setRequestBodyFromAttachment(id) { this._.body_attachment = stored(id); }
  saveResponseBodyAsAttachment(table, id, name) { this._.save = [stored(table), stored(id), stored(name)]; }
  execute() { return new RESTResponseV2(host('rest.execute', [request(this._)]), null, request(this._)); }
  executeAsync() { return new RESTResponseV2(null, host('rest.queue', [request(this._)]), request(this._)); }
}

function request(state) {
  return Object.assign({}, state, { endpoint: substituted(state, state.endpoint) });
}

function substituted(state, text) {
  return text.replace(/\$\{([^}]*)\}/g, (all, name) => (name in state.variables ? state.variables[name] : all));
}

function escapedXml(text) {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;').replace(/'/g, '&apos;');
}

class RESTResponseV2 {
  constructor(answer, queued, sent) {
    Object.defineProperty(this, '_', { value: { answer, queued, sent } });
  }
  // An asynchronous call is waited for by the first method that needs its answer.
  waitForResponse(seconds) { arrived(this._, Number(seconds)); }
  getStatusCode() { return arrived(this._).status; }
  getBody() { return arrived(this._).body; }
  haveError() { return arrived(this._).error !== ''; }
  getErrorCode() { return arrived(this._).error_code; }
  getErrorMessage() { return arrived(this._).error || null; }
  getHeader(name) {
    const headers = arrived(this._).headers;
    const found = Object.keys(headers).find((one) => one.toLowerCase() === stored(name).toLowerCase());
    return found === undefined ? null : headers[found];
  }
  getHeaders() { return Object.assign({}, arrived(this._).headers); }
  getAllHeaders() {
    const headers = arrived(this._).headers;
    return Object.keys(headers).map((name) => ({ name, value: headers[name], getName: () => name, getValue: () => headers[name] }));
  }
  getCookies() { const cookie = this.getHeader('Set-Cookie'); return cookie === null ? [] : [cookie]; }
  getQueryString() {
    const parameters = this._.sent.parameters;
    return Object.keys(parameters).map((name) => encodeURIComponent(name) + '=' + encodeURIComponent(parameters[name])).join('&');
  }
  getEndpoint() { return this._.sent.endpoint; }
}

function arrived(state, seconds) {
  if (state.answer === null) state.answer = host('rest.wait', [state.queued, seconds === undefined ? 30 : seconds]);
  return state.answer;
}
