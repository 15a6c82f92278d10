// Writes to a simulated portal with HubSpot's official client and compares what the portal then has
// with what was written. Usage: node writes.mjs BASE_URL

import assert from 'node:assert/strict'
import {createRequire} from 'node:module'
import process from 'node:process'

// The packages are installed in a build directory, not beside this file.
const require = createRequire(`${process.cwd()}/writes.mjs`)
const hubspot = require('@hubspot/api-client')

const baseUrl = process.argv[2]
const portalId = 1234567
const client = new hubspot.Client({
  basePath: baseUrl,
  accessToken: 'pat-na1-simulated-token',
  limiterOptions: {minTime: 0, maxConcurrent: 4},
})

async function control(path, body) {
  const options = body ? {method: 'POST', body: JSON.stringify(body)} : {}
  const response = await fetch(`${baseUrl}/_control/${path}`, options)
  assert.equal(response.status, 200, `${path}: ${response.status}`)
  return response
}
const linesOf = (text) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
const truthOf = async (object) =>
  new Map(
    linesOf(await (await control(`truth/${portalId}/${object}`)).text()).map((record) => [
      record.id,
      record,
    ]),
  )
const journal = async () => linesOf(await (await control(`writes/${portalId}`)).text())

// The end state by the journal alone: the last value of each property, and who was archived.
function replay(entries, object) {
  const records = new Map()
  for (const entry of entries) {
    if (entry.object !== object) continue
    const record = records.get(entry.id) ?? {properties: {}, archived: false}
    Object.assign(record.properties, entry.properties)
    if (entry.op === 'archive') record.archived = true
    records.set(entry.id, record)
  }
  return records
}

// What is settled by a switch is set, so that every answer is known; the client reads no other
// statuses of links than these.
await control('switches', {
  switches: {
    update_trace_ids: 'honoured',
    write_answer: 'stored',
    link_answer: 'created',
    unlink_answer: 'no_content',
  },
})
const contacts = client.crm.contacts
const person = (n, more = {}) => ({
  properties: {email: `person-${n}@written.example`, firstname: `Person ${n}`, ...more},
  associations: [],
})

// One by one.
const ada = await contacts.basicApi.create(person('ada'))
assert.ok(ada.createdAt instanceof Date)
assert.equal(ada.properties.email, 'person-ada@written.example')
const renamed = await contacts.basicApi.update(ada.id, {properties: {firstname: 'Ada'}})
assert.equal(renamed.id, ada.id)
assert.equal(renamed.properties.firstname, 'Ada')
await assert.rejects(contacts.basicApi.create(person('ada')), (error) => {
  assert.equal(error.code, 409)
  assert.equal(error.body.category, 'CONFLICT')
  assert.match(error.body.message, new RegExp(`Existing ID: ${ada.id}$`))
  return true
})
await assert.rejects(
  contacts.basicApi.update(ada.id, {properties: {lifecyclestage: 'nobody'}}),
  (error) => {
    assert.equal(error.code, 400)
    assert.equal(error.body.errors[0].code, 'INVALID_OPTION')
    assert.deepEqual(error.body.errors[0].context.propertyName, ['lifecyclestage'])
    const start = 'Property values were not valid: '
    assert.ok(error.body.message.startsWith(start))
    const [problem] = JSON.parse(error.body.message.slice(start.length))
    assert.equal(problem.name, 'lifecyclestage')
    return true
  },
)

// A hundred at a time, seven of them bad, attributed by their trace ids.
const inputs = Array.from({length: 100}, (_, n) => ({
  ...person(n, n % 14 === 3 ? {lifecyclestage: 'nobody'} : {}),
  objectWriteTraceId: `trace-${n}`,
}))
const made = await contacts.batchApi.create({inputs})
const bad = inputs.filter((input) => input.properties.lifecyclestage).map((i) => i.objectWriteTraceId)
assert.equal(made.results.length, 100 - bad.length)
assert.equal(made.numErrors, bad.length)
assert.deepEqual(
  made.errors.map((error) => error.context.objectWriteTraceId[0]),
  bad,
)
for (const error of made.errors) assert.equal(error.category, 'VALIDATION_ERROR')

const ids = made.results.map((record) => record.id)
const updated = await contacts.batchApi.update({
  inputs: ids.map((id, n) => ({id, properties: {city: `Stadt ${n}`}, objectWriteTraceId: `u${n}`})),
})
assert.deepEqual(updated.results.map((record) => record.id).sort(), [...ids].sort())
const upserted = await contacts.batchApi.upsert({
  inputs: ['person-0@written.example', 'person-new@written.example'].map((email) => ({
    id: email,
    idProperty: 'email',
    properties: {lastname: 'Upserted'},
  })),
})
assert.deepEqual(upserted.results.map((record) => record._new).sort(), [false, true])
await contacts.batchApi.archive({inputs: ids.slice(0, 5).map((id) => ({id}))})
await contacts.basicApi.archive(ids[5])
const read = await contacts.batchApi.read({
  inputs: ids.map((id) => ({id})),
  properties: ['city'],
  propertiesWithHistory: [],
})
assert.deepEqual(read.results.map((record) => record.id).sort(), ids.slice(6).sort())

// Tasks, notes, calls and e-mails, linked with a contact as they are made.
const now = String(Date.now())
const activities = {
  tasks: {hs_timestamp: now, hs_task_subject: 'Call back'},
  notes: {hs_timestamp: now},
  calls: {hs_timestamp: now},
  emails: {hs_timestamp: now, hs_email_direction: 'EMAIL', hs_email_subject: 'Hello'},
}
for (const [object, properties] of Object.entries(activities)) {
  const labels = await (
    await client.apiRequest({path: `/crm/associations/2026-09/${object}/contacts/labels`})
  ).json()
  const {category, typeId} = labels.results.find((label) => label.label === null)
  const activity = await client.crm.objects[object].basicApi.create({
    properties,
    associations: [
      {
        to: {id: ada.id},
        types: [{associationCategory: category, associationTypeId: typeId}],
      },
    ],
  })
  const links = linesOf(await (await control(`links/${portalId}/${object}/contacts`)).text())
  assert.ok(links.some((link) => link.from === activity.id && link.to === ada.id))
}
await assert.rejects(
  client.crm.objects.tasks.basicApi.create({properties: {}, associations: []}),
  (error) => error.code === 400,
)

// Links of either kind: labels are replaced, one is taken away, all are.
const deal = await client.crm.deals.basicApi.create({
  properties: {dealname: 'Written', pipeline: 'default', dealstage: 'closedwon'},
  associations: [],
})
const associations = client.crm.associations.v4
const pair = {_from: {id: ada.id}, to: {id: deal.id}}
const {results: labels} = await associations.schema.definitionsApi.getAll('contacts', 'deals')
const kinds = labels
  .filter((label) => label.label)
  .map((label) => ({associationCategory: label.category, associationTypeId: label.typeId}))
assert.ok(kinds.length >= 2)
const linked = async () =>
  linesOf(await (await control(`links/${portalId}/contacts/deals`)).text())
    .filter((link) => link.from === ada.id && link.to === deal.id)
    .map((link) => link.type.typeId)
    .sort((a, b) => a - b)
const unlabelled = labels.find((label) => label.label === null).typeId
const idsOfKinds = (some) =>
  [unlabelled, ...some.map((kind) => kind.associationTypeId)].sort((a, b) => a - b)
await associations.batchApi.create('contacts', 'deals', {inputs: [{...pair, types: [kinds[0]]}]})
assert.deepEqual(await linked(), idsOfKinds([kinds[0]]))
await associations.batchApi.create('contacts', 'deals', {inputs: [{...pair, types: kinds}]})
assert.deepEqual(await linked(), idsOfKinds(kinds))
await associations.batchApi.archiveLabels('contacts', 'deals', {
  inputs: [{...pair, types: [kinds[0]]}],
})
assert.deepEqual(await linked(), idsOfKinds(kinds.slice(1)))
await associations.batchApi.archive('contacts', 'deals', {
  inputs: [{_from: {id: ada.id}, to: [{id: deal.id}]}],
})
assert.deepEqual(await linked(), [])
await associations.batchApi.createDefault('contacts', 'deals', {inputs: [pair]})
assert.deepEqual(await linked(), [unlabelled])

// The same, one link at a time: by paths that the client has no names for yet.
const one = (method, kind, body) =>
  client.apiRequest({
    method,
    path: `/crm/objects/2026-09/contacts/${ada.id}/associations${kind}/deals/${deal.id}`,
    body,
  })
assert.ok((await one('DELETE', '')).ok)
assert.deepEqual(await linked(), [])
assert.ok((await one('PUT', '/default')).ok)
assert.deepEqual(await linked(), [unlabelled])
assert.ok((await one('PUT', '', [kinds[0]])).ok)
assert.deepEqual(await linked(), idsOfKinds([kinds[0]]))
// Links are read as the client reads them.
const {results: shown} = await associations.batchApi.getPage('contacts', 'deals', {
  inputs: [{id: ada.id}],
})
assert.deepEqual(
  shown.map((from) => [from._from.id, from.to.map((to) => String(to.toObjectId))]),
  [[ada.id, [deal.id]]],
)
// A record that is not there is linked with nothing; the client takes the answer for none it knows.
const nobody = {_from: {id: ada.id}, to: {id: '999999999'}}
await associations.batchApi
  .createDefault('contacts', 'deals', {inputs: [nobody]})
  .catch(() => {})
const links = linesOf(await (await control(`links/${portalId}/contacts/deals`)).text())
assert.ok(links.every((link) => link.to !== nobody.to.id))
assert.deepEqual(await linked(), idsOfKinds([kinds[0]]))

// What the portal has is what the journal says, and that is what was written.
const entries = await journal()
assert.deepEqual(
  entries.map((entry) => entry.number),
  entries.map((_, n) => n + 1),
)
assert.equal(entries.filter((entry) => entry.op === 'create').length, 1 + 93 + 1 + 4 + 1)
let values = 0
for (const object of ['contacts', ...Object.keys(activities)]) {
  const truth = await truthOf(object)
  for (const [id, record] of replay(entries, object)) {
    const stored = truth.get(id)
    assert.equal(stored.state, record.archived ? 'archived' : 'live')
    for (const [name, value] of Object.entries(record.properties)) {
      const expected = name === 'hs_timestamp' ? new Date(Number(value)).toISOString() : value
      assert.equal(stored.properties[name], expected, `${object} ${id} ${name}`)
      values += 1
    }
  }
}
console.log(`official client: ${entries.length} writes, ${values} values as they were written`)
