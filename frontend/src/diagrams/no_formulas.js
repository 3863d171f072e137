// In the place of KaTeX: formulas within diagrams stay as they are written.

export default { renderToString: (tex) => tex };
