// Reads a simulated portal with HubSpot's official client and compares every answer with the
// portal's truth. Usage: node check.mjs BASE_URL
//
// The portal knows its answers from the same pages of documentation as hubmirror does; HubSpot's
// client was written by those who wrote the API. What it cannot read is a fault of the portal.

import assert from 'node:assert/strict'
import {createRequire} from 'node:module'
import process from 'node:process'

// The packages are installed in a build directory, not beside this file.
const require = createRequire(`${process.cwd()}/check.mjs`)
const hubspot = require('@hubspot/api-client')

const baseUrl = process.argv[2]
const portalId = 1234567
const token = 'pat-na1-simulated-token'
const objects = ['contacts', 'companies', 'deals', 'emails', 'tickets', 'tasks']
const modifiedOf = (object) => (object === 'contacts' ? 'lastmodifieddate' : 'hs_lastmodifieddate')

const newClient = (accessToken) =>
  new hubspot.Client({
    basePath: baseUrl,
    accessToken,
    limiterOptions: {minTime: 0, maxConcurrent: 4},
  })

async function control(path, body) {
  const options = body ? {method: 'POST', body: JSON.stringify(body)} : {}
  const response = await fetch(`${baseUrl}/_control/${path}`, options)
  assert.equal(response.status, 200, `${path}: ${response.status}`)
  return response
}

async function readTruth(object) {
  const text = await (await control(`truth/${portalId}/${object}`)).text()
  const records = new Map()
  for (const line of text.split('\n')) {
    if (line !== '') {
      const record = JSON.parse(line)
      records.set(record.id, record)
    }
  }
  return records
}

const inState = (truth, state) => [...truth.values()].filter((record) => record.state === state)
const idsOf = (records) => records.map((record) => record.id)

// Missing, null and "" mean the same. A property may be called like a member of every object.
const valueOf = (record, property) =>
  (Object.hasOwn(record.properties, property) ? record.properties[property] : null) ?? ''

function assertSameRecord(seen, expected, properties) {
  assert.equal(seen.id, expected.id)
  for (const property of properties) {
    const shown = valueOf(seen, property)
    const stored = valueOf(expected, property)
    assert.equal(shown, stored, `${expected.id} ${property}`)
  }
  assert.equal(seen.createdAt.toISOString(), expected.created_at)
  assert.equal(seen.updatedAt.toISOString(), expected.updated_at)
  assert.equal(seen.archived, expected.state !== 'live')
  if (expected.state !== 'live') assert.equal(seen.archivedAt.toISOString(), expected.archived_at)
}

const apiOf = (client, object) =>
  ({
    contacts: client.crm.contacts,
    companies: client.crm.companies,
    deals: client.crm.deals,
    tickets: client.crm.tickets,
    emails: client.crm.objects.emails,
    tasks: client.crm.objects.tasks,
  })[object]

async function checkProperties(client, object) {
  const expected = (await (await control(`properties/${portalId}/${object}`)).json()).results
  const visible = expected.filter((p) => !p.archived && p.dataSensitivity === 'non_sensitive')
  const seen = (await client.crm.properties.coreApi.getAll(object)).results
  assert.deepEqual(seen.map((p) => p.name).sort(), visible.map((p) => p.name).sort())
  const byName = new Map(expected.map((p) => [p.name, p]))
  for (const property of seen) {
    const definition = byName.get(property.name)
    assert.equal(property.type, definition.type)
    assert.equal(property.fieldType, definition.fieldType)
    assert.equal(property.options.length, definition.options.length)
  }
  const archived = (await client.crm.properties.coreApi.getAll(object, true)).results
  assert.equal(archived.length, expected.filter((p) => p.archived).length)
  const groups = (await client.crm.properties.groupsApi.getAll(object)).results
  for (const property of seen) assert.ok(groups.some((group) => group.name === property.groupName))
  return seen.map((p) => p.name)
}

// The client has no getAll for activities; there its pages are followed here.
async function listAll(api, properties, archived) {
  if (api.getAll) {
    return api.getAll(undefined, undefined, properties, undefined, undefined, archived)
  }
  const all = []
  let after
  do {
    const page = await api.basicApi.getPage(
      100,
      after,
      properties,
      undefined,
      undefined,
      archived,
    )
    all.push(...page.results)
    after = page.paging?.next?.after
  } while (after)
  return all
}

async function checkLists(client, object, properties, truth, losersListed) {
  const api = apiOf(client, object)
  for (const archived of [false, true]) {
    const expected = inState(truth, archived ? 'archived' : 'live')
    if (archived && losersListed) expected.push(...inState(truth, 'merged'))
    const all = await listAll(api, properties, archived)
    assert.deepEqual(idsOf(all).sort(), idsOf(expected).sort(), `${object} archived=${archived}`)
    for (const record of all) assertSameRecord(record, truth.get(record.id), properties)
  }
}

async function checkSearch(client, object, truth) {
  const live = inState(truth, 'live').sort((a, b) => Number(BigInt(a.id) - BigInt(b.id)))
  const since = live.map((record) => record.modified).sort()[Math.floor(live.length / 2)]
  const expected = live.filter((record) => record.modified >= since)
  const seen = []
  let after = '0'
  do {
    const page = await apiOf(client, object).searchApi.doSearch({
      filterGroups: [
        {
          filters: [
            {propertyName: modifiedOf(object), operator: 'GTE', value: String(Date.parse(since))},
          ],
        },
      ],
      sorts: ['hs_object_id'],
      properties: ['hs_object_id', modifiedOf(object)],
      limit: 200,
      after,
    })
    assert.equal(page.total, expected.length)
    seen.push(...page.results)
    after = page.paging?.next?.after
  } while (after)
  assert.deepEqual(idsOf(seen), idsOf(expected), `search ${object}`)
  for (const record of seen) {
    assertSameRecord(record, truth.get(record.id), ['hs_object_id', modifiedOf(object)])
  }
}

async function checkBatchRead(client, object, properties, truth) {
  const live = inState(truth, 'live').slice(0, 80)
  const merged = inState(truth, 'merged').slice(0, 5)
  const asked = [...idsOf(live), ...idsOf(merged), '3']
  const answer = await apiOf(client, object).batchApi.read({
    inputs: asked.map((id) => ({id})),
    properties,
    propertiesWithHistory: [],
  })
  const expected = new Set(idsOf(live))
  for (const loser of merged) {
    if (loser.survivor_state === 'live') expected.add(loser.merged_into)
  }
  assert.deepEqual([...new Set(idsOf(answer.results))].sort(), [...expected].sort())
  for (const record of answer.results) assertSameRecord(record, truth.get(record.id), properties)
}

async function checkSingleReads(client, truth) {
  const [live] = inState(truth, 'live')
  const seen = await client.crm.contacts.basicApi.getById(live.id, ['email'])
  assertSameRecord(seen, live, ['email'])
  for (const loser of inState(truth, 'merged')) {
    if (loser.survivor_state !== 'live') continue
    const survivor = await client.crm.contacts.basicApi.getById(loser.id, ['email'])
    assert.equal(survivor.id, loser.merged_into)
  }
  await assert.rejects(client.crm.contacts.basicApi.getById('3'), (error) => error.code === 404)
}

async function checkDatedPaths(client, truth) {
  const details = await (await client.apiRequest({path: '/account-info/2026-09/details'})).json()
  assert.equal(details.portalId, portalId)
  const response = await client.apiRequest({
    path: '/crm/objects/2026-09/contacts',
    qs: {limit: 5, properties: 'email'},
  })
  for (const record of (await response.json()).results) {
    assert.equal(valueOf(record, 'email'), valueOf(truth.get(record.id), 'email'))
  }
}

async function checkOAuth(truth) {
  const client = newClient()
  const refresh = (secret, refreshToken) =>
    client.oauth.tokensApi.create(
      'refresh_token',
      undefined,
      undefined,
      'simulated-client',
      secret,
      refreshToken,
    )
  const granted = await refresh('simulated-secret', 'na1-simulated-refresh-token')
  assert.equal(granted.expiresIn, 1800)
  assert.equal(granted.tokenType, 'bearer')
  const page = await newClient(granted.accessToken).crm.contacts.basicApi.getPage(3)
  for (const record of page.results) assert.ok(truth.has(record.id))

  await control('tokens', {action: 'expire'})
  const expired = newClient(granted.accessToken).crm.contacts.basicApi.getPage(3)
  await assert.rejects(expired, (error) => error.code === 401)
  const statusIs = (status) => (error) => error.code === 400 && error.body.status === status
  await assert.rejects(
    refresh('wrong', 'na1-simulated-refresh-token'),
    statusIs('BAD_CLIENT_SECRET'),
  )
  await assert.rejects(refresh('simulated-secret', 'na1-gone'), statusIs('BAD_REFRESH_TOKEN'))

  const url = client.oauth.getAuthorizationUrl(
    'simulated-client',
    'http://127.0.0.1:1/callback',
    'oauth crm.objects.contacts.read',
    undefined,
    'some state',
  )
  const authorize = new URL(url)
  const answer = await fetch(`${baseUrl}${authorize.pathname}${authorize.search}`, {
    redirect: 'manual',
  })
  const target = new URL(answer.headers.get('location'))
  assert.equal(target.searchParams.get('state'), 'some state')
  const first = await client.oauth.tokensApi.create(
    'authorization_code',
    target.searchParams.get('code'),
    'http://127.0.0.1:1/callback',
    'simulated-client',
    'simulated-secret',
  )
  assert.ok(first.refreshToken.startsWith('na1-'))
}

async function readReference(kind) {
  const text = await (await control(`reference/${portalId}/${kind}`)).text()
  return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line))
}

async function checkReference(client) {
  const owners = (await readReference('owners')).map((line) => line.item)
  for (const archived of [false, true]) {
    const seen = []
    let after
    do {
      const page = await client.crm.owners.ownersApi.getPage(undefined, after, 5, archived)
      seen.push(...page.results)
      after = page.paging?.next?.after
    } while (after)
    const expected = owners.filter((owner) => owner.archived === archived)
    assert.deepEqual(
      seen.map((owner) => [owner.id, owner.email, owner.lastName, owner.userId ?? null]),
      expected.map((owner) => [owner.id, owner.email, owner.lastName, owner.userId]),
    )
  }
  for (const object of ['deals', 'tickets']) {
    const seen = (await client.crm.pipelines.pipelinesApi.getAll(object)).results
    const expected = (await readReference('pipelines'))
      .filter((line) => line.object === object)
      .map((line) => line.item)
    assert.deepEqual(
      seen.map((pipeline) => [pipeline.id, pipeline.label, pipeline.stages.map((s) => s.label)]),
      expected.map((pipeline) => [pipeline.id, pipeline.label, pipeline.stages.map((s) => s.label)]),
    )
  }
  const members = await readReference('members')
  const search = {count: 500, offset: 0, listIds: [], processingTypes: [], additionalProperties: []}
  const lists = (await client.crm.lists.listsApi.doSearch(search)).lists
  assert.equal(lists.length, (await readReference('lists')).length)
  for (const list of lists) {
    const seen = []
    let after
    do {
      const page = await client.crm.lists.membershipsApi.getPage(list.listId, after, undefined, 250)
      seen.push(...page.results)
      after = page.paging?.next?.after
    } while (after)
    assert.deepEqual(
      seen.map((member) => [member.recordId, member.membershipTimestamp.toISOString()]),
      members.filter((m) => m.list_id === list.listId).map((m) => [m.id, m.joined_at]),
    )
  }
}

// Every kind of change first, so that merges, restores and erasures of today are among the records.
await control('script', {events: 400, seconds: 0, seed: 3})
for (const kind of ['owner_deactivate', 'stage_rename', 'list_join', 'list_leave']) {
  await control('reference', {kind, times: 4})
}
const client = newClient(token)
const {portals} = await (await control('portals')).json()
const losersListed = portals[0].switches.merge_losers === 'archived'
const contacts = await readTruth('contacts')
let records = 0
for (const object of objects) {
  const truth = object === 'contacts' ? contacts : await readTruth(object)
  const properties = await checkProperties(client, object)
  await checkLists(client, object, properties, truth, losersListed)
  await checkSearch(client, object, truth)
  await checkBatchRead(client, object, properties, truth)
  records += truth.size
}
await checkSingleReads(client, contacts)
await checkDatedPaths(client, contacts)
await checkReference(client)
await checkOAuth(contacts)
const stats = await (await control('stats')).json()
assert.deepEqual(
  Object.values(stats.violations).filter((count) => count > 0),
  [],
)
console.log(`official client: ${records} records of ${objects.length} types agree with the truth`)
