// Node's http2 as a client: each thing once, over one connection. Arguments: URL, authority, a number.
const http2 = require('http2'), fs = require('fs'), assert = require('assert'), crypto = require('crypto');
const [url, authority, key] = process.argv.slice(2);

const ask = (session, fields, body, more = {}) => new Promise((done, fail) => {
  const stream = session.request(fields, {endStream: body === undefined && !more.trailers, waitForTrailers: !!more.trailers});
  const told = {informational: []}, pieces = [];
  stream.on('headers', fields => told.informational.push(fields[':status']));
  stream.on('response', fields => Object.assign(told, {status: fields[':status'], fields}));
  stream.on('trailers', fields => told.trailers = fields);
  stream.on('data', piece => pieces.push(piece));
  if (more.trailers) stream.on('wantTrailers', () => stream.sendTrailers(more.trailers));
  stream.on('error', fail);
  stream.on('close', () => done({...told, body: Buffer.concat(pieces), code: stream.rstCode}));
  if (body !== undefined || more.trailers) stream.end(body);
});
const step = async (name, what) => {
  await what();
  console.log(name);
};

(async () => {
  const session = http2.connect(url, {ca: fs.readFileSync(authority)});
  session.on('goaway', code => console.log('GOAWAY', code));
  session.once('connect', () => session.setLocalWindowSize(1 << 20));  // larger than a stream's: that may be unread
  const seen = new Promise(done => session.once('remoteSettings', done));
  await step('asks', async () => {
    const {status, body} = await ask(session, {':path': '/plaintext'});
    assert.deepEqual([status, body.toString()], [200, 'Hello, World!']);
  });
  await step('settings', async () => {
    const settings = await seen;
    assert.equal(settings.maxConcurrentStreams, 100);
    assert.equal(settings.enableConnectProtocol, true);
  });
  await step('ping', () => new Promise((done, fail) => session.ping((wrong) => wrong ? fail(wrong) : done())));
  await step('100 at once', async () => {
    const answers = await Promise.all([...Array(100).keys()].map(i => ask(session, {':path': `/bytes/${i * 1000}`})));
    answers.forEach(({status, body}, i) => assert.deepEqual([status, body.length], [200, i * 1000]));
  });
  await step('uploads 10 MB and gets them back', async () => {
    const sent = crypto.randomBytes(10_000_000);
    const {status, body} = await ask(session, {':path': '/echo', ':method': 'POST'}, sent);
    assert.equal(status, 200);
    assert.ok(body.equals(sent));
  });
  await step('trailers of both', async () => {
    const {body, trailers} = await ask(session, {':path': '/trailers'});
    assert.deepEqual([body.toString(), trailers['grpc-status'], trailers['grpc-message']], ['Hello', '0', 'fine']);
    const own = await ask(session, {':path': '/request-trailers', ':method': 'POST'}, 'Hello', {trailers: {'x-told': 'so'}});
    assert.equal(own.body.toString(), 'x-told: so');
  });
  await step('expects', async () => {
    const {status, body, informational} = await ask(
        session, {':path': '/count', ':method': 'POST', 'expect': '100-continue'}, 'Hello');
    assert.deepEqual([status, body.toString()], [200, '5']);
    assert.ok(informational.length <= 1);
  });
  await step('piece by piece, both ways', () => new Promise((done, fail) => {
    const stream = session.request({':path': '/echo', ':method': 'POST'});
    let rounds = 0;
    stream.on('error', fail);
    stream.on('data', piece => {
      assert.equal(piece.toString(), `round ${rounds}`);
      ++rounds < 50 ? stream.write(`round ${rounds}`) : stream.end();
    });
    stream.on('close', () => rounds == 50 ? done() : fail(new Error(`${rounds} rounds`)));
    stream.write('round 0');
  }));
  await step('an answer that is not read holds up no other', async () => {
    const lazy = session.request({':path': '/bytes/5000000'});
    lazy.pause();
    await new Promise(done => lazy.once('response', done));
    const {body} = await ask(session, {':path': '/bytes/20000'});
    assert.equal(body.length, 20000);
    let size = 0;
    lazy.on('data', piece => size += piece.length).resume();
    await new Promise(done => lazy.once('close', done));
    assert.equal(size, 5000000);
  });
  await step('extended CONNECT', () => new Promise((done, fail) => {
    const stream = session.request({':path': '/tunnel', ':method': 'CONNECT', ':protocol': 'any'}, {endStream: false});
    let heard = '';
    stream.on('error', fail);
    stream.on('response', fields => {
      assert.equal(fields[':status'], 200);
      stream.write('Hello');
    });
    stream.on('data', piece => {
      heard += piece;
      if (heard == 'Hello') stream.end(', World!');
    });
    stream.on('close', () => heard == 'Hello, World!' ? done() : fail(new Error(heard)));
  }));
  await step('resets', async () => {
    await assert.rejects(ask(session, {':path': '/reset/11'}), /NGHTTP2_ENHANCE_YOUR_CALM/);
    await assert.rejects(ask(session, {':path': '/throw-late'}), /NGHTTP2_INTERNAL_ERROR/);
    assert.equal((await ask(session, {':path': '/plaintext'})).status, 200);
  });
  await step('is aborted', async () => {
    const stream = session.request({':path': `/stream-wait/${key}`});
    await new Promise(done => stream.once('response', done));
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await new Promise(done => stream.once('close', done));
    assert.equal((await ask(session, {':path': '/plaintext'})).status, 200);
  });
  await step('100 requests given up', async () => {
    for (let i = 0; i < 10; ++i) {
      const all = [...Array(10)].map(() => session.request({':path': '/wait/0'}));
      await new Promise(done => setTimeout(done, 30));
      all.forEach(stream => stream.close(http2.constants.NGHTTP2_CANCEL));
      await Promise.all(all.map(stream => new Promise(done => stream.once('close', done))));
    }
    assert.equal((await ask(session, {':path': '/plaintext'})).status, 200);
  });
  await new Promise(done => session.close(done));
  console.log('all is well');
})().catch(why => {
  console.log(why);
  process.exit(1);
});
