// SPDX-License-Identifier: MIT
// Facts of how a page is laid out and coloured, for a browser's console: an
// object of lists, each of what is wrong.
(() => {
	const faults = {sideways: [], clipped: [], overlap: [], contrast: [],
		marks: [], small: [], moving: []};
	const shown = e => e.checkVisibility({visibilityProperty: true}) &&
		e.getClientRects().length > 0;
	const name = e => {
		const text = (e.textContent || "").trim().replace(/\s+/g, " ");
		return `<${e.tagName.toLowerCase()} class="${
			e.getAttribute("class") || ""}"> ${text.slice(0, 40)}`;
	};

	// ---- place ------------------------------------------------------

	const wide = document.documentElement.clientWidth;
	if (document.documentElement.scrollWidth > wide)
		faults.sideways.push(`${document.documentElement.scrollWidth
			} of ${wide}`);
	const texts = [];
	const walk = document.createTreeWalker(document.body,
		NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const e = walk.currentNode.parentElement;
		if (!walk.currentNode.data.trim() || !shown(e) ||
			e.closest("svg"))
			continue;
		const range = document.createRange();
		range.selectNodeContents(walk.currentNode);
		for (const r of range.getClientRects())
			texts.push({e, r});
	}
	for (const {e, r} of texts) {
		if (r.left < -0.5 || r.right > wide + 0.5)
			faults.sideways.push(name(e));
		for (let up = e; up !== document.body; up = up.parentElement) {
			const s = getComputedStyle(up), box =
				up.getBoundingClientRect();
			if (s.overflow !== "visible" && (r.right >
				box.right + 1 || r.bottom > box.bottom + 1))
				faults.clipped.push(name(e));
		}
		// A text that leaves its card is as bad as one that is cut.
		const card = e.closest("section");
		if (card && r.right > card.getBoundingClientRect().right)
			faults.clipped.push(name(e));
	}
	for (let i = 0; i < texts.length; i++)
		for (let j = i + 1; j < texts.length; j++) {
			const a = texts[i].r, b = texts[j].r;
			const w = Math.min(a.right, b.right) -
				Math.max(a.left, b.left);
			const h = Math.min(a.bottom, b.bottom) -
				Math.max(a.top, b.top);
			// Boxes of lines are taller than their letters.
			if (w > 1 && h > 4 && (texts[i].e !== texts[j].e))
				faults.overlap.push(name(texts[i].e) + " / " +
					name(texts[j].e));
		}
	const cards = [...document.querySelectorAll("main>section")]
		.map(e => ({e, r: e.getBoundingClientRect()}));
	for (const a of cards)
		for (const b of cards)
			if (a.e !== b.e && a.r.left < b.r.right &&
				b.r.left < a.r.right &&
				a.r.top < b.r.bottom && b.r.top < a.r.bottom)
				faults.overlap.push(name(a.e));
	for (const e of document.querySelectorAll("a,button,input,summary")) {
		const r = e.getBoundingClientRect();
		if (shown(e) && (r.width < 44 || r.height < 43.5))
			faults.small.push(`${name(e)} ${r.width} x ${
				r.height}`);
	}

	// ---- colour: WCAG 2.2, 1.4.3 and 1.4.11 -------------------------

	const rgb = text => text.match(/[\d.]+/g).map(Number);
	const light = c => {
		const [r, g, b] = c.map(v => (v /= 255) <= 0.04045 ?
			v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const ratio = (a, b) => {
		const x = light(a), y = light(b);
		return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
	};
	const behind = e => {
		for (; e; e = e.parentElement) {
			const c = rgb(getComputedStyle(e).backgroundColor);
			if (c.length < 4 || c[3] === 1)
				return c.slice(0, 3);
		}
		return [255, 255, 255];
	};
	const seen = new Set();
	const judge = (list, e, colour, back, least) => {
		const r = ratio(rgb(colour).slice(0, 3), back);
		const what = `${name(e)} ${colour} on ${back}: ${
			r.toFixed(2)}`;
		if (r < least && !seen.has(what))
			list.push(what);
		seen.add(what);
		return r;
	};
	let least = 21;
	for (const {e} of texts)
		least = Math.min(least, judge(faults.contrast, e,
			getComputedStyle(e).color, behind(e), 4.5));
	for (const e of document.querySelectorAll("i,.key")) {
		const s = getComputedStyle(e);
		judge(faults.marks, e, e.tagName === "I" ? s.color :
			s.backgroundColor, behind(e.parentElement), 3);
	}
	for (const e of document.querySelectorAll(".bars rect"))
		judge(faults.marks, e, getComputedStyle(e).fill,
			behind(e.closest("section")), 3);
	for (const e of document.querySelectorAll("input,button"))
		judge(faults.marks, e, getComputedStyle(e).borderTopColor,
			behind(e.closest("section")), 3);
	for (const e of document.querySelectorAll(".now,.answer"))
		judge(faults.marks, e, getComputedStyle(e).borderLeftColor,
			behind(e.closest("section")), 3);

	for (const a of document.getAnimations())
		faults.moving.push(name(a.effect.target));
	return {faults, texts: texts.length, least};
})()
