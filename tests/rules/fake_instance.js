// What a rule may touch on an instance, small enough to be read at a glance; every call is written down.
var log = [], posts = [];
var gs = {
    getProperty: function (name, fallback) {
        if (world.broken === name) {
            throw { getMessage: function () { return 'Java says no'; }, lineNumber: 7 };
        }
        return world.properties.hasOwnProperty(name) ? world.properties[name] : (fallback === undefined ? null : fallback);
    },
    getUserName: function () { return world.user; },
    warn: function (text) { log.push('warn ' + text); },
    error: function (text) { log.push('error ' + text); }
};
var sn_ws = {
    RESTMessageV2: function () {
        var call = { headers: {} };
        this.setEndpoint = function (url) { call.url = url; };
        this.setHttpMethod = function (method) { call.method = method; };
        this.setRequestHeader = function (name, value) { call.headers[name] = value; };
        this.setRequestBody = function (body) { call.body = body; };
        this.setHttpTimeout = function (ms) { call.timeout = ms; };
        this.executeAsync = function () {
            if (world.thrown === 'null') { throw null; }
            call.how = 'executeAsync';
            posts.push(call);
        };
        this.execute = function () {
            if (world.thrown) { throw { getMessage: function () { return world.thrown; } }; }
            call.how = 'execute';
            posts.push(call);
            return { getStatusCode: function () { return world.status; } };
        };
    }
};
function GlideCertificateEncryption() {
    this.generateMac = function (key, algorithm, text) { return [algorithm, key, text].join('|'); };
}
var current = world.record && {
    getValue: function (name) { return world.record.hasOwnProperty(name) ? world.record[name] : null; },
    getUniqueValue: function () { return world.record.sys_id; },
    getTableName: function () { return world.table; },
    operation: function () { return world.operation; }
};
var previous = null;
