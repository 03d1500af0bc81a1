// Prints the figures of the starter's model card from the record of its evaluation: npm run starter:figures
import { readFileSync } from 'node:fs';

const file = new URL('../training/starter-evaluation.json', import.meta.url);
const evaluation = JSON.parse(readFileSync(file, 'utf8'));
const percent = (share) => `${Math.round(share * 100)} %`;

const { shipped } = evaluation.drawings;
const rows = [
  ['emoji of a vendor never trained on', shipped['held vendor (twitter), seen concepts, white bg']],
  ['concepts never trained on', shipped['held concepts, all vendors']],
  ["Tux Paint's PNG stamps", shipped['tuxpaint-png (held out, 557 captions)']],
  ["Tux Paint's drawings", shipped['tuxpaint-svg (held out, 144 captions)']],
  ['coloured shapes', evaluation.procedural['coloured shapes (204 captions)']],
];
for (const [name, { n, top1, top5 }] of rows) {
  console.log(`${name}: ${n} pictures, first ${percent(top1)}, in the first five ${percent(top5)}`);
}
const { n, top1, top5 } = evaluation.photos.photos;
console.log(`photographs: ${n} pictures, first ${top1}, in the first five ${top5}`);
const { text_model: text, vision_model: image } = evaluation.export;
const millions = ({ params }) => `${(params / 1e6).toFixed(1)} million parameters`;
const megabytes = Math.round((text.bytes + image.bytes) / 1e6);
console.log(`text tower: ${millions(text)}; image tower: ${millions(image)}; ${megabytes} MB in all`);
const captions = evaluation.text_captions;
console.log(
  `hand-written captions: ${captions.n}, rank correlation with the teacher ${captions.spearman.toFixed(2)}`,
);
const { mean_pos: matching, mean_all: all } = evaluation.centring.none;
console.log(
  `cosine of picture and text: ${matching.toFixed(2)} where they match, ${all.toFixed(2)} in general`,
);
