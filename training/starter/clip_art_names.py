"""What the leading words of an Open Clip Art file's name mean, where they are not English, or misspelt.

Looked up longest first, after digits and the words below have been left out.
"""

LEFT_OUT = {"aiga", "la", "il", "le", "di", "da", "utensile", "a", "an", "my"}

_LIST = """
abeille: bee
abitazione: house
acquila: eagle
aglio: garlic
albero: tree
ambulans: ambulance
ambulanza: ambulance
anatra: duck
anelli: rings
antilope: antelope
ape miele: honeybee
arbre: tree
asse stiro: ironing board
attaccapanni: coat hanger
attenzione: warning sign
baloon: balloon
bambina: girl
barattolo pillole: jar of pills
betoniera: concrete mixer
biberon: baby bottle
bicicletta: bicycle
binocolo: binoculars
blocco ghiaccio: block of ice
blocco notes: notepad
blowling ball: bowling ball
bluewhale: blue whale
bobi: dog
borsa: bag
borsetta: handbag
bottiglia vino: bottle of wine
bussiness woman: businesswoman
bussola: compass
cacuts: cactus
calamita: magnet
calcolatrice: calculator
calzettoni: socks
camicia: shirt
cammello: camel
candela: candle
canguro: kangaroo
capitello: capital of a column
carpentiere: carpenter
carretta cantiere: wheelbarrow
casa: house
casco con microfono: headset
cassa negozio: cash register
cavalletta: grasshopper
cavallo: horse
cestino pieno: full trash can
cestino vuoto: empty trash can
cesto: basket
champignon: mushroom
chesspieces bishop: chess bishop
chesspieces king: chess king
chesspieces knight: chess knight
chesspieces pawn: chess pawn
chesspieces queen: chess queen
chesspieces rook: chess rook
cigni: swans
cigno: swan
cinepresa: movie camera
ciuccio: pacifier
clessidra: hourglass
coccinella: ladybug
coccinelle: ladybug
coccinellona: ladybug
colombo: pigeon
condominio: apartment building
coniglio: rabbit
corridore: runner
couronne: crown
crawfish: crayfish
cronometro: stopwatch
dente: tooth
diagramma: chart
dino: dinosaur
dinosauri: dinosaurs
dinosauro: dinosaur
djambf: djembe drum
donna incinta: pregnant woman
echelle: ladder
elefante: elephant
elefantone: elephant
engrenagem: gear
envelop: envelope
esperimento chimico: chemistry experiment
extincteur: fire extinguisher
fabbrica: factory
farfalla: butterfly
fata fatina: fairy
fatherchristmas: Santa Claus
fattoria: farm
ferro stiro: clothes iron
finestra: computer window
fiocco: ribbon bow
fiore: flower
firestation: fire station
flamand: flamingo
foglie arancioni: orange leaves
foglie marroni: brown leaves
foglie rosse: red leaves
foglie verdi: green leaves
formichina: ant
formicona: ant
francobollo: postage stamp
fuoco campeggio: campfire
gabbiano: seagull
gallo: rooster
gattina: kitten
gatto nero: black cat
gatto: cat
gauffre: waffle
gelato: ice cream
ghirlande festa: party garlands
giardinaggio: gardening
glace: ice cream
grampa: grandfather and grandmother
grattacieli: skyscrapers
guanti: gloves
gufo: owl
handphone: mobile phone
hedgeshear: hedge shears
hikinh: hiking
icecube: ice cube
imbianchino: house painter
insetto: insect
istogramma: bar chart
jonathon s duck: duck
joypad: game controller
katana: katana sword
keyring: key ring
lampada aladino: magic lamp
lampada cantiere: work lamp
laserprinter: laser printer
lattine birra: beer cans
leafrake: leaf rake
lente: magnifying glass
leone: lion
lettera: letter
libellula: dragonfly
libellule: dragonfly
libro ricette: cookbook
lifebelt: lifebuoy
livella: spirit level
longsword: sword
lucchetto: padlock
lucertola: lizard
lucertolona: lizard
lucertolone: lizard
lumaca: snail
macchina caffe: coffee machine
macchina fotografica: camera
magnificator: magnifying glass
magnifing glass: magnifying glass
mante religieuse: praying mantis
mantide: praying mantis
martellare: hammering a nail
mattone: brick
mazzo fiori: bouquet of flowers
meatgrinder: meat grinder
metro avvolgibile: tape measure
microscopio: microscope
mondo: globe
montacarichi: forklift
moschito: mosquito
mostriciattolo: little monster
motosega: chainsaw
mucca: cow
nonno: grandfather
nuage: cloud
orologio: clock
orso: bear
ours: bear
pacco regalo: gift box
palloncini: balloons
palmtree: palm tree
pannocchia: corn on the cob
pansement: adhesive bandage
paperbag: paper bag
papera: duck
pasteque: watermelon
pattinatrice: ice skater
pattinatrici: ice skaters
pattino: ice skate
pecora: sheep
pecorella: sheep
pennello: paintbrush
pennuto: bird
peperoncino: chili pepper
pera: pear
perogies: dumplings
pesca: peach
pescetto: fish
pesistica: weightlifting
piggybank: piggy bank
pinguino: penguin
pinzatrice: stapler
piramide: pyramid
pittura con pennello: painting with a brush
pollo: chicken
poltrona: armchair
pomodori: tomatoes
porcinet: piglet
portafoglio: wallet
principessa: princess
profilo citta: city skyline
proiettore: projector
provetta: test tube
provette: test tubes
prugna: plum
pudim: pudding
puntine: thumbtacks
quattro farfalle: four butterflies
ragazza: girl
ragazzo: boy
ragnetto: spider
ragno: spider
ramarro: green lizard
rana: frog
ravanello: radish
redcar: red car
rondelle orange: slice of orange
rondelle: slice of orange
rosa: rose
roundpointshovel: shovel
rubik: Rubik's cube
ruota dentata: gear
sacco pelo: sleeping bag
salvagente: lifebuoy
sand glass: hourglass
sapin: fir tree
sapone liquido: liquid soap
scala doppia: stepladder
scatolone: cardboard box
schermo: computer screen
scodella: bowl
scolapasta: colander
secchio: bucket
sedia: chair
sega: saw
serratura: lock
set gatti: cats
signore: gentleman
signorina: young lady
siringa: syringe
skoda: car
softdrink: soft drink
spaventapasseri: scarecrow
stambecco: ibex
stampante: printer
stappler: stapler
stetoscopio: stethoscope
stormo: flock of birds
struzzo: ostrich
sub subacqueo: scuba diver
tacchino: turkey
tavolo: table
tavolozza: artist palette
tazza caffe: cup of coffee
teddybear: teddy bear
teiera: teapot
telecamera: video camera
televisore: television
tenda campeggio: camping tent
teschio: skull
tickey purchase: ticket purchase
tigre: tiger
tophat: top hat
topo: mouse
toro: bull
torta: cake
tramezzino: sandwich
traslocatore: man moving boxes
trattore: tractor
trekking: hiking in the mountains
uccello: bird
uovo sorridente: smiling egg
vacca: cow
valigie: suitcases
vavuum cleaner: vacuum cleaner
vestito rosa: pink dress
viti: screws
volleball net: volleyball net
zaino: backpack
zanzara: mosquito
zucca: pumpkin
"""

NAMES = dict(line.split(": ") for line in _LIST.strip().splitlines())


def translated(words: list[str]) -> str:
    """A caption for the leading words of a name, or ""."""
    kept = [stripped for word in words if (stripped := word.rstrip("0123456789")) and stripped not in LEFT_OUT]
    for count in range(min(3, len(kept)), 0, -1):
        found = NAMES.get(" ".join(kept[:count]))
        if found:
            return found
    return ""
