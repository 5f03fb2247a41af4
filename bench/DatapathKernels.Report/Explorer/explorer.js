// The chart of the reader's choice. Data stands in the page as JSON; texts reach the page only as text, never as markup.
'use strict';
(() => {
  const byId = (id) => document.getElementById(id);
  const suites = JSON.parse(byId('explore-data').textContent);
  const form = byId('explore-form'), chart = byId('explore-chart'), tip = byId('explore-tip');
  const svgSpace = 'http://www.w3.org/2000/svg';
  const metrics = [
    { id: 'median', name: 'median', spread: true },
    { id: 'mean', name: 'mean' },
    { id: 'min', name: 'fastest iteration' },
    { id: 'max', name: 'slowest iteration' },
    { id: 'deviation', name: 'standard deviation' },
    { id: 'p50', name: 'p50' },
    { id: 'p99', name: 'p99' },
    { id: 'p999', name: 'p99.9' },
    { id: 'p9999', name: 'p99.99' },
    { id: 'rate', name: 'million a second', unit: 'M/s', of: (c) => (c.median > 0 ? 1000 / c.median : undefined) },
    { id: 'ratio', name: 'times the baseline', unit: '×', of: ratio },
    { id: 'allocated', name: 'bytes allocated', unit: 'B' },
  ];
  const modes = '\u0000modes';
  let state = {};

  // ---- small helpers

  function element(name, attributes = {}, ...children) {
    return fill(document.createElement(name), attributes, children);
  }

  function shape(name, attributes = {}, ...children) {
    return fill(document.createElementNS(svgSpace, name), attributes, children);
  }

  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  function number(value) {
    if (value === undefined) return 'not measured';
    if (value > 0 && value < 0.1) return value.toPrecision(2);
    const digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  }

  function plain(value) {
    return typeof value === 'number' ? value.toLocaleString('en', { maximumFractionDigits: 6 }) : String(value);
  }

  function sameParameters(left, right) {
    return Object.keys(left).length === Object.keys(right).length && Object.keys(left).every((name) => left[name] === right[name]);
  }

  function ratio(c) {
    const baseline = suite().cases.find((o) => o.benchmark === suite().baseline && sameParameters(o.parameters, c.parameters));
    return baseline && baseline.median > 0 ? c.median / baseline.median : undefined;
  }

  const suite = () => suites[state.suite];
  const metric = () => metrics.find((m) => m.id === state.metric);
  const valueOf = (c) => (metric().of ? metric().of(c) : c[metric().id]);
  const unitOf = (c) => metric().unit || c.unit.replace('/', ' a ');
  const values = (name) => [...new Set(suite().cases.map((c) => c.parameters[name]))].filter((v) => v !== undefined)
    .sort((a, b) => (typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : 1));
  const parameters = () => [...new Set(suite().cases.flatMap((c) => Object.keys(c.parameters)))];
  const benchmarks = () => [...new Set(suite().cases.map((c) => c.benchmark))];
  const label = (benchmark) => suite().labels[benchmark] || benchmark;

  // ---- what is chosen

  function chooseSuite(index) {
    const measured = (name) => suites[index].cases.some((c) => metrics.find((m) => m.id === name).of || c[name] !== undefined);
    state = { suite: index, metric: state.metric && measured(state.metric) ? state.metric : 'median', fixed: {}, hidden: new Set() };
    const varied = parameters().filter((name) => values(name).length > 1);
    const drawn = varied.includes(suite().parameter) ? suite().parameter : varied.find((n) => values(n).every((v) => typeof v === 'number'));
    state.along = drawn || varied[0] || modes;
    for (const name of parameters()) state.fixed[name] = values(name)[0];
    state.log = null;
    buildForm();
    draw();
  }

  function chosen(benchmark, row) {
    return suite().cases.find((c) => c.benchmark === benchmark && parameters().every((name) => {
      const wanted = name === state.along ? row : state.fixed[name];
      return c.parameters[name] === wanted || c.parameters[name] === undefined;
    }));
  }

  function select(title, options, current, change) {
    const id = `explore-choice-${title.replace(/\W/g, '-')}`, list = element('select', { id });
    options.forEach(([value, text]) => list.append(element('option', { value }, text)));
    list.value = current;
    list.addEventListener('change', () => change(list.value));
    return element('div', { class: 'choice' }, element('label', { for: id }, title), list);
  }

  function tick(title, on, change, attributes = {}) {
    const box = element('input', { type: 'checkbox', ...attributes });
    box.checked = on;
    box.addEventListener('change', () => change(box.checked));
    return element('label', { class: 'tick' }, box, title);
  }

  // A control that causes the form to be built again keeps the focus: keyboards and screen readers stay where they were.
  function rebuild() {
    const at = [...form.querySelectorAll('select,input')].indexOf(document.activeElement);
    buildForm();
    draw();
    if (at >= 0) form.querySelectorAll('select,input')[at]?.focus();
  }

  function buildForm() {
    const known = metrics.filter((m) => m.of || suite().cases.some((c) => c[m.id] !== undefined));
    form.replaceChildren(
      select('Question', suites.map((s, i) => [String(i), s.title]), String(state.suite), (v) => {
        chooseSuite(Number(v));
        form.querySelector('select').focus();
      }),
      select('Metric', known.map((m) => [m.id, m.name]), state.metric, (v) => { state.metric = v; state.log = null; draw(); }),
      select('Draw along', [...parameters().filter((n) => values(n).length > 1).map((n) => [n, n]), [modes, 'modes, at one size']], state.along,
        (v) => { state.along = v; rebuild(); }),
      ...parameters().filter((n) => n !== state.along).map((name) => select(name, values(name).map((v, i) => [String(i), plain(v)]),
        String(values(name).indexOf(state.fixed[name])), (v) => { state.fixed[name] = values(name)[Number(v)]; draw(); })),
      tick('Log scale', false, (on) => { state.log = on; draw(); }, { id: 'explore-log' }),
      element('fieldset', {}, element('legend', {}, 'Modes'), ...benchmarks().map((b) => tick(label(b), !state.hidden.has(b), (on) => {
        if (on) state.hidden.delete(b); else state.hidden.add(b);
        draw();
      }))));
  }

  // ---- drawing

  function rows() {
    return state.along === modes ? [undefined] : values(state.along);
  }

  function series() {
    return benchmarks().map((benchmark, colour) => ({
      benchmark,
      colour,
      points: rows().map((row) => ({ row, case: chosen(benchmark, row) })).filter((p) => p.case && valueOf(p.case) !== undefined)
        .map((p) => ({ ...p, benchmark, colour, value: valueOf(p.case) })),
    })).filter((s) => s.points.length > 0 && !state.hidden.has(s.benchmark));
  }

  function say(point) {
    const where = parameters().filter((n) => point.case.parameters[n] !== undefined).map((n) => `${n} ${plain(point.case.parameters[n])}`).join(', ');
    const spread = metric().spread ? `, from ${number(point.case.min)} to ${number(point.case.max)}` : '';
    return `${label(point.benchmark)}${where ? `, ${where}` : ''}: ${metric().name} ${number(point.value)} ${unitOf(point.case)}${spread}`;
  }

  function scale(log, low, high, from, to) {
    const at = (v) => (log ? Math.log(v / low) / Math.log(high / low) : (v - low) / (high - low));
    return (v) => from + (to - from) * at(v);
  }

  function ticks(log, low, high) {
    const found = [];
    if (log) {
      const few = Math.log10(high / low) <= 3;
      for (let p = Math.floor(Math.log10(low)); p <= Math.ceil(Math.log10(high)); p++)
        for (const s of few ? [1, 2, 5] : [1]) found.push(s * 10 ** p);
    } else {
      const rough = (high - low) / 5, power = 10 ** Math.floor(Math.log10(rough)), step = [1, 2, 5, 10].find((s) => s * power >= rough) * power;
      for (let i = Math.ceil(low / step); i * step <= high; i++) found.push(i * step);
    }
    return found.filter((t) => t >= low * (1 - 1e-9) && t <= high * (1 + 1e-9));
  }

  function mark(point, x, y) {
    const style = `mark s${point.colour % 6}`;
    const kinds = [
      () => shape('circle', { class: style, cx: x, cy: y, r: 5 }),
      () => shape('rect', { class: style, x: x - 4.5, y: y - 4.5, width: 9, height: 9 }),
      () => shape('path', { class: style, d: `M${x} ${y - 6}L${x + 5.5} ${y + 4.5}L${x - 5.5} ${y + 4.5}Z` }),
      () => shape('path', { class: style, d: `M${x} ${y - 6}L${x + 6} ${y}L${x} ${y + 6}L${x - 6} ${y}Z` }),
    ];
    return spot(point, x, y, shape('circle', { class: 'halo', cx: x, cy: y, r: 12 }), kinds[point.colour % 4]());
  }

  // What can be pointed at: a mouse, a finger and the keyboard all get the numbers.
  function spot(point, x, y, ...children) {
    const node = shape('g', { class: 'spot', tabindex: '-1', role: 'img', 'aria-label': say(point) }, ...children);
    const show = () => {
      tip.textContent = say(point);
      tip.hidden = false;
      const room = chart.clientWidth - tip.offsetWidth;
      tip.style.left = `${Math.max(0, Math.min(room, x - tip.offsetWidth / 2))}px`;
      tip.style.top = `${y - tip.offsetHeight - 14 < 0 ? y + 16 : y - tip.offsetHeight - 14}px`;
    };
    node.addEventListener('mouseenter', show);
    node.addEventListener('mouseleave', () => { tip.hidden = true; });
    node.addEventListener('focus', show);
    node.addEventListener('blur', () => { tip.hidden = true; });
    node.addEventListener('click', () => node.focus());
    node.point = point;
    return node;
  }

  function canvas(width, height, drawn) {
    const names = drawn.map((s) => label(s.benchmark)).join(', ');
    return shape('svg', { class: 'chart', width, height, viewBox: `0 0 ${width} ${height}`, role: 'group', 'aria-roledescription': 'chart',
      'aria-label': `${suite().title}, ${metric().name}: ${names}. Arrow keys move between the points; the table below holds the same numbers.` });
  }

  function text(style, anchor, x, y, words) {
    return shape('text', { class: style, 'text-anchor': anchor, x, y }, words);
  }

  function lines(drawn, numbers) {
    const width = Math.max(300, Math.min(chart.clientWidth, 900)), height = 380, right = width - 20, top = 34, bottom = height - 52;
    const all = drawn.flatMap((s) => s.points), ys = all.flatMap((p) => (metric().spread ? [p.case.min, p.case.max, p.value] : [p.value]));
    const wantsLog = Math.min(...ys) > 0 && Math.max(...ys) / Math.min(...ys) > 20;
    const logY = Math.min(...ys) > 0 && (state.log ?? wantsLog), logX = numbers && rows()[0] > 0 && rows().at(-1) / rows()[0] > 20;
    byId('explore-log').checked = logY;
    const lowY = logY ? Math.min(...ys) / 1.3 : 0, highY = (Math.max(...ys) || 1) * (logY ? 1.3 : 1.1);
    const marks = ticks(logY, lowY, highY), left = Math.max(70, 12 + 7.5 * Math.max(...marks.map((t) => plain(t).length)));
    const place = (row) => (numbers ? row : rows().indexOf(row)), ends = [place(rows()[0]), place(rows().at(-1))];
    const pad = logX ? (ends[1] / ends[0]) ** 0.04 : (ends[1] - ends[0] || 1) * 0.06;
    const x = scale(logX, logX ? ends[0] / pad : ends[0] - pad, logX ? ends[1] * pad : ends[1] + pad, left, right);
    const y = scale(logY, lowY, highY, bottom, top);
    const svg = canvas(width, height, drawn);
    svg.append(text('muted', 'start', 4, 18, `${metric().name}, ${unitOf(all[0].case)}${logY ? ', log scale' : ''}`));
    for (const t of marks) {
      svg.append(shape('line', { class: 'grid', x1: left, x2: right, y1: y(t), y2: y(t) }), text('muted', 'end', left - 8, y(t) + 4.5, plain(t)));
    }
    svg.append(shape('line', { class: 'axis', x1: left, x2: right, y1: bottom, y2: bottom }));
    let free = Infinity;
    for (const row of [...rows()].reverse()) {
      const at = x(place(row)), half = plain(row).length * 3.6;
      if (at + half > free) continue;
      svg.append(text('muted', 'middle', at, bottom + 20, plain(row)));
      free = at - half - 8;
    }
    svg.append(text('muted', 'middle', (left + right) / 2, height - 10, state.along + (logX ? ', log scale' : '')));
    for (const s of drawn) {
      const path = s.points.map((p) => `${x(place(p.row)).toFixed(1)} ${y(p.value).toFixed(1)}`).join('L');
      if (numbers) svg.append(shape('path', { class: `curve l${s.colour % 6}`, d: `M${path}` }));
      if (!metric().spread) continue;
      for (const p of s.points)
        svg.append(shape('line', { class: `spread l${s.colour % 6}`, x1: x(place(p.row)), x2: x(place(p.row)), y1: y(p.case.min), y2: y(p.case.max) }));
    }
    for (const p of all) svg.append(mark(p, x(place(p.row)), y(p.value)));
    return svg;
  }

  function bars(drawn) {
    const width = Math.max(300, Math.min(chart.clientWidth, 900)), all = drawn.flatMap((s) => s.points), step = 46, left = 8, top = 30;
    const longest = Math.max(...all.map((p) => (metric().spread ? p.case.max : p.value)), 1e-9), x = scale(false, 0, longest, left, width - 96);
    byId('explore-log').checked = false;
    const svg = canvas(width, top + all.length * step + 8, drawn);
    svg.append(text('muted', 'start', left, 18, `${metric().name}, ${unitOf(all[0].case)}`));
    all.forEach((p, i) => {
      const y = top + i * step, end = x(metric().spread ? p.case.max : p.value);
      svg.append(spot(p, x(p.value) / 2, y + 20,
        shape('rect', { class: 'halo', x: 0, y: y - 2, width, height: step - 2 }),
        text('strong', 'start', left, y + 12, label(p.benchmark)),
        shape('rect', { class: `s${p.colour % 6}`, x: left, y: y + 18, width: Math.max(1, x(p.value) - left), height: 16 }),
        ...(metric().spread ? [shape('line', { class: 'whisker', x1: x(p.case.min), x2: x(p.case.max), y1: y + 26, y2: y + 26 })] : []),
        text('', 'start', end + 8, y + 30.5, number(p.value))));
    });
    return svg;
  }

  function table(drawn) {
    const fixed = parameters().filter((n) => n !== state.along && values(n).length > 0).map((n) => `${n} ${plain(state.fixed[n])}`).join(', ');
    const unit = drawn.length > 0 ? ` (${unitOf(drawn[0].points[0].case)})` : '';
    const caption = `${suite().title}: ${metric().name}${unit}${fixed ? `, ${fixed}` : ''}`;
    const cell = (s, row) => number(s.points.find((p) => p.row === row)?.value);
    byId('explore-table').replaceChildren(
      element('caption', {}, caption),
      element('thead', {}, element('tr', {}, element('th', { scope: 'col' }, state.along === modes ? '' : state.along),
        ...drawn.map((s) => element('th', { scope: 'col' }, label(s.benchmark))))),
      element('tbody', {}, ...rows().map((row) => element('tr', {}, element('th', { scope: 'row' }, row === undefined ? 'all' : plain(row)),
        ...drawn.map((s) => element('td', {}, cell(s, row)))))));
    byId('explore-status').textContent = drawn.length > 0 ? `Shown: ${caption}.` : 'Nothing to show: no mode chosen was measured so.';
  }

  function draw() {
    const drawn = series(), numbers = state.along !== modes && rows().every((r) => typeof r === 'number');
    tip.hidden = true;
    chart.querySelector('svg')?.remove();
    byId('explore-legend').replaceChildren(...drawn.map((s) => {
      const key = shape('svg', { class: 'chart key', width: 16, height: 16, 'aria-hidden': 'true' });
      const sign = mark(s.points[0], 8, 8);
      key.append(sign.lastChild);
      return element('span', {}, key, label(s.benchmark));
    }));
    table(drawn);
    if (drawn.length === 0) return;
    chart.prepend(state.along === modes ? bars(drawn) : lines(drawn, numbers));
    chart.querySelector('.spot').setAttribute('tabindex', '0');
  }

  // One point is in the tab order; arrows go on from there: left and right along a curve, up and down between curves.
  function move(event) {
    const spots = [...chart.querySelectorAll('.spot')], from = event.target.closest('.spot');
    if (event.key === 'Escape') tip.hidden = true;
    if (!from || !spots.includes(from)) return;
    const own = spots.filter((s) => s.point.benchmark === from.point.benchmark), across = spots.filter((s) => s.point.row === from.point.row);
    const next = {
      ArrowRight: own[own.indexOf(from) + 1],
      ArrowLeft: own[own.indexOf(from) - 1],
      ArrowDown: across[across.indexOf(from) + 1],
      ArrowUp: across[across.indexOf(from) - 1],
      Home: own[0],
      End: own.at(-1),
    }[event.key];
    if (!next) return;
    event.preventDefault();
    from.setAttribute('tabindex', '-1');
    next.setAttribute('tabindex', '0');
    next.focus();
  }

  chart.addEventListener('keydown', move);
  form.addEventListener('submit', (event) => event.preventDefault());
  byId('explore').hidden = false;
  chooseSuite(0);
  let width = chart.clientWidth;
  addEventListener('resize', () => {
    if (chart.clientWidth !== width) draw();
    width = chart.clientWidth;
  });
})();
