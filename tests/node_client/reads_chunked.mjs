// Whether the HTTP client below HubSpot's can read chunked answers under this Node: those of Node's
// own server. Exit code 0: it can; 1: it cannot.

import http from 'node:http'
import {createRequire} from 'node:module'
import process from 'node:process'

// The packages are installed in a build directory, not beside this file.
const require = createRequire(`${process.cwd()}/reads_chunked.mjs`)
const fetch = require('node-fetch')

const body = 'x'.repeat(20_000)
const server = http.createServer((_request, answer) => {
  answer.setHeader('Transfer-Encoding', 'chunked')
  answer.end(body)
})
server.listen(0, '127.0.0.1', async () => {
  try {
    const answer = await fetch(`http://127.0.0.1:${server.address().port}/`)
    process.exit((await answer.text()) === body ? 0 : 1)
  } catch (error) {
    if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
    process.exit(1)
  }
})
