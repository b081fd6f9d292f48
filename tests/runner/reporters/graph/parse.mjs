// Parses Mermaid texts with Mermaid itself: node parse.mjs NODE_MODULES FILE... Exits 1 at the first that it refuses.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const [modules, ...files] = process.argv.slice(2)
const require = createRequire(pathToFileURL(modules + '/here.js'))
const { JSDOM } = require('jsdom')
const dom = new JSDOM('<!DOCTYPE html><body></body>')
globalThis.window = dom.window
globalThis.document = dom.window.document
const { default: mermaid } = await import(pathToFileURL(require.resolve('mermaid')))
for (const file of files) {
  const { diagramType } = await mermaid.parse(readFileSync(file, 'utf8'))
  const diagram = await mermaid.mermaidAPI.getDiagramFromText(readFileSync(file, 'utf8'))
  const vertices = [...diagram.db.getVertices().keys()]
  const frames = diagram.db.getSubGraphs().map((one) => one.id)
  const links = diagram.db.getEdges().filter((one) => one.stroke !== 'invisible').length
  console.log(JSON.stringify({ diagramType, vertices, frames, links }))
}
