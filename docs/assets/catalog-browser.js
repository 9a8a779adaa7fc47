/* The catalog's browser: searches the facts of catalog-data.js, which `make docs` writes. */
(() => {
  const SHOWN = 100
  const { facts, sources, bases } = window.WATTLINE_CATALOG
  const words = document.getElementById("catalog-words")
  const kind = document.getElementById("catalog-kind")
  const body = document.querySelector("#catalog-table tbody")
  const count = document.getElementById("catalog-count")
  for (const name of [...new Set(facts.map((fact) => fact[0].split(".")[0]))]) kind.add(new Option(name, name))
  const texts = facts.map((fact) => `${fact[0]} ${fact[1]} ${fact[2]}`.toLowerCase())

  const cell = (row, text, code) => {
    const td = row.insertCell()
    const inner = code ? td.appendChild(document.createElement("code")) : td
    inner.textContent = text
    return td
  }
  const show = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean)
    const rows = facts.filter((fact, i) =>
      (!kind.value || fact[0].startsWith(`${kind.value}.`)) && wanted.every((word) => texts[i].includes(word)))
    body.replaceChildren()
    for (const [key, record, name, value, range, basis, source] of rows.slice(0, SHOWN)) {
      const row = body.insertRow()
      const first = cell(row, key, true)
      first.append(document.createElement("br"), `${record}: ${name}`)
      cell(row, value)
      cell(row, range)
      cell(row, bases[basis])
      cell(row, sources[source])
    }
    count.textContent = rows.length > SHOWN
      ? `${rows.length.toLocaleString("en")} facts, the first ${SHOWN} of them below`
      : `${rows.length.toLocaleString("en")} facts`
  }
  words.addEventListener("input", show)
  kind.addEventListener("input", show)
  show()
})()
