// What the rest of the app needs of drawings.

export { mountDrawing, type Drawing, type DrawingLabels, type DrawingOptions } from "./drawing";
