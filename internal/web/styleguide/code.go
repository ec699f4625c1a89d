package styleguide

import "html/template"

// sampleCode stands where a notice has the code of its address. It cannot be read
// by a phone: it leads nowhere.
const sampleCode = template.HTML(`<svg viewBox="0 0 21 21" role="img" aria-label="N-17-0402" shape-rendering="crispEdges">` +
	`<path d="M0 0h7v7H0zM14 0h7v7h-7zM0 14h7v7H0z" fill="#1C2430"/><path d="M1 1h5v5H1zM15 1h5v5h-5zM1 15h5v5H1z" fill="#fff"/>` +
	`<path d="M2 2h3v3H2zM16 2h3v3h-3zM2 16h3v3H2zM9 1h2v2H9zM11 4h2v3h-2zM8 8h3v2H8zM13 8h2v2h-2zM16 9h3v1h-3zM1 9h3v2H1zM5 10h2v2H5zM9 12h2v3H9z` +
	`M12 11h3v2h-3zM16 13h2v2h-2zM19 11h2v3h-2zM9 17h3v1H9zM13 16h2v3h-2zM17 17h3v1h-3zM10 19h2v2h-2zM16 19h1v2h-1z" fill="#1C2430"/></svg>`)
