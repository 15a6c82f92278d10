// Loads six objects of a portal into PostgreSQL as one would without hubmirror: HubSpot's own client
// and pg, the objects side by side with one page in flight each, paced to the limit of the account,
// one INSERT ... ON CONFLICT for each page, every property in a column of its own.
// Usage: node load.mjs BASE_URL      (the database: PGHOST and its like)

import {createRequire} from 'node:module'
import process from 'node:process'

// The packages are installed in a build directory, not beside this file.
const require = createRequire(`${process.cwd()}/load.mjs`)
const hubspot = require('@hubspot/api-client')
const pg = require('pg')

const baseUrl = process.argv[2]
const objects = ['contacts', 'companies', 'deals', 'tickets', 'tasks', 'emails']
const requestsPerSecond = 19
const longestUrl = 16_000
const pageLength = 100

const client = new hubspot.Client({
  basePath: baseUrl,
  accessToken: 'pat-na1-simulated-token',
  limiterOptions: {minTime: 1000 / requestsPerSecond, maxConcurrent: objects.length},
  numberOfApiCallRetries: 3,
})
const pool = new pg.Pool({max: objects.length})

// PostgreSQL cuts names after 63 bytes, and has some columns of its own.
const systemColumns = ['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid']
const columnOf = (name, index) =>
  name.length < 60 && !systemColumns.includes(name) ? name : `${name.slice(0, 50)}_${index}`

// What PostgreSQL cannot hold: U+0000, and halves of characters, which stringify writes as escapes.
const unstorable = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g
const textOf = (rows) => JSON.stringify(rows).replace(unstorable, '$1\ufffd')

async function makeTable(object, names) {
  const columns = names.map((name) => `${pg.escapeIdentifier(name)} text`)
  await pool.query('CREATE SCHEMA IF NOT EXISTS peer').catch((error) => {
    // Two that make it at once: one of them finds it made.
    if (error.code !== '23505') throw error
  })
  await pool.query(
    `CREATE TABLE peer.${object} (_id bigint PRIMARY KEY, _created_at timestamptz, ` +
      `_updated_at timestamptz, ${columns.join(', ')})`,
  )
}

const statementFor = (object, names) => {
  const written = ['_created_at', '_updated_at', ...names].map(pg.escapeIdentifier)
  const changes = written.map((name) => `${name} = excluded.${name}`)
  return {
    name: object,
    text:
      `INSERT INTO peer.${object} SELECT * FROM jsonb_populate_recordset(NULL::peer.${object}, $1) ` +
      `ON CONFLICT (_id) DO UPDATE SET ${changes.join(', ')}`,
  }
}

// Names that do not fit into a URL go into the body of a batch read.
async function readPage(object, properties, after) {
  const {basicApi} = client.crm.objects
  if (properties.join('%2C').length < longestUrl) {
    return basicApi.getPage(object, pageLength, after, properties)
  }
  const page = await basicApi.getPage(object, pageLength, after)
  const inputs = page.results.map(({id}) => ({id}))
  if (inputs.length === 0) return page
  const {results} = await client.crm.objects.batchApi.read(object, {
    inputs,
    properties,
    propertiesWithHistory: [],
  })
  return {...page, results}
}

async function load(object) {
  const {results} = await client.crm.properties.coreApi.getAll(object)
  const properties = results.map(({name}) => name)
  const names = properties.map(columnOf)
  const renamed = properties.flatMap((name, i) => (name === names[i] ? [] : [[name, names[i]]]))
  await makeTable(object, names)
  const statement = statementFor(object, names)
  let after
  do {
    const page = await readPage(object, properties, after)
    const rows = page.results.map((record) => {
      const row = {
        ...record.properties,
        _id: record.id,
        _created_at: record.createdAt,
        _updated_at: record.updatedAt,
      }
      for (const [name, column] of renamed) row[column] = record.properties[name]
      return row
    })
    if (rows.length > 0) await pool.query({...statement, values: [textOf(rows)]})
    after = page.paging?.next?.after
  } while (after)
}

await Promise.all(objects.map(load))
await pool.end()
