"""The vocabulary from which sentences are composed, by hand.

No caption of handmade.CAPTIONS is made of it as a whole, but some of its words and short phrases stand in them too: it was
written by somebody who had read them.
"""


def _list(text: str) -> list[str]:
    return [entry.strip() for entry in text.replace("\n", " ").split(";") if entry.strip()]


BASIC = """
dog cat puppy kitten horse cow sheep pig goat bird chicken duck goose fish shark whale dolphin elephant lion tiger bear
rabbit mouse fox wolf deer monkey snake frog turtle butterfly bee spider owl eagle penguin parrot dinosaur dragon unicorn
robot car truck bus train bicycle motorcycle airplane helicopter boat ship rocket spaceship taxi tractor van house castle
church temple bridge tower city street road tree flower rose tulip sunflower forest mountain beach ocean river lake
waterfall desert sky cloud sun moon star galaxy planet rainbow snow rain fire island garden farm barn apple banana orange
lemon strawberry grape watermelon pineapple tomato carrot potato pizza burger hamburger sandwich cake cookie bread cheese
egg salad soup noodles rice sushi steak sausage donut coffee tea wine beer juice milk cup mug bottle bowl plate knife fork
spoon chair table bed sofa lamp clock mirror carpet phone laptop computer keyboard television camera book newspaper letter
pencil pen paintbrush scissors guitar piano violin drum trumpet ball football basketball tennis baby boy girl man woman
child person king queen doctor nurse chef astronaut soldier pirate ninja witch wizard princess knight farmer teacher
policeman firefighter dancer singer runner hat cap shoe boot shirt dress jacket coat scarf glove glasses watch ring
necklace crown umbrella bag backpack suitcase gift balloon candle key lock sword shield hammer wrench bomb heart skull
ghost pumpkin snowman cactus mushroom leaf grass stone door window bench fence ladder basket box bucket flag kite tent
""".split()

COLOURS = (
    """
red green blue yellow orange purple pink black white brown gray golden silver turquoise beige gold
""".split()
    + ["light blue", "dark blue", "dark green"]
)

ADJECTIVES = """
small big old young tiny huge cute beautiful broken wooden plastic metal shiny fluffy happy sad angry sleepy colorful
vintage modern dirty wet empty rusty round tall striped spotted golden glass stone heavy soft delicious fresh sliced
""".split()

SHAPES = (
    "circle square triangle star rectangle hexagon heart ring cross diamond arrow line dot oval cube sphere".split()
)

COUNTS = "two three four five six many several some".split()

PLACES = _list("""
on the beach; in the snow; in a forest; on a table; in the rain; at night; at sunset; in a field of flowers; in the city;
on a mountain; under a tree; in the kitchen; in the garden; on the street; in space; underwater; on a white background;
in the desert; in front of a house; next to a river; on a sofa; in a park; in the sky; by the window; on a wooden floor;
in a living room; at the market; in the mountains; by the lake; on a bridge; in a stadium; at the airport; on a plate;
in a bedroom; at a restaurant; in a museum; on the roof; in a cave; at the zoo; in the ocean; on a farm; in a classroom;
at the bus stop; in the backyard; on the grass; in a glass; on a shelf; against a brick wall; in the fog; at dawn;
behind the counter; across the street; along the shore; through the woods; over the hills; near the waves; in the harbor
""")

PEOPLE = _list("""
a man; a woman; a boy; a girl; a child; a baby; a person; two people; a group of people; an old man; a young woman;
an astronaut; a robot; a chef; a soldier; a knight; a pirate; a teddy bear; two children; several men; a family; a couple;
a crowd; a tourist; a musician; a skier; a policeman; a farmer; a nurse; a worker; a bride; a player; three friends;
an elderly couple; a businessman; a student; a little girl; a teenager; a clown; a king; a witch; a diver; a waiter
""")

CLOTHES = _list("""
in a {} dress; in a {} coat; in a {} shirt; wearing a {} hat; wearing {} glasses; with {} hair; in a {} uniform; with a
{} umbrella; wearing a {} jacket; in a {} raincoat; with a {} backpack; wearing a {} helmet; in a {} suit; with a {} scarf
""")

# What people do, as (participle phrase, present tense).
ACTIONS = [
    tuple(part.strip() for part in entry.split("|"))
    for entry in _list("""
riding a bike | rides a bike; riding a horse | rides a horse; playing guitar | plays guitar; playing football | plays
football; playing the piano | plays the piano; reading a book | reads a book; cooking dinner | cooks dinner; running |
runs; walking a dog | walks a dog; sleeping | sleeps; swimming | swims; dancing | dances; singing | sings; eating pizza |
eats pizza; drinking coffee | drinks coffee; holding an umbrella | holds an umbrella; taking a photo | takes a photo;
driving a car | drives a car; surfing a wave | surfs a wave; skiing down a slope | skis down a slope; climbing a mountain |
climbs a mountain; painting a picture | paints a picture; using a laptop | uses a laptop; talking on the phone | talks on
the phone; laughing | laughs; crying | cries; jumping over a fence | jumps over a fence; sitting on a bench | sits on a
bench; standing in the rain | stands in the rain; looking at the sky | looks at the sky; fishing | fishes; playing chess |
plays chess; riding a skateboard | rides a skateboard; flying a kite | flies a kite; kissing | kisses a woman; shaking
hands | shakes hands; giving a speech | gives a speech; working in an office | works in an office; crossing the road |
crosses the road; waiting for the train | waits for the train; building a snowman | builds a snowman; washing the dishes |
washes the dishes; cutting vegetables | cuts vegetables; feeding the birds | feeds the birds; throwing a ball | throws a
ball; catching a fish | catches a fish; kicking a ball | kicks a ball; pushing a cart | pushes a cart; carrying a heavy
box | carries a heavy box; fixing a car | fixes a car; opening a door | opens a door; writing a letter | writes a letter;
brushing her teeth | brushes her teeth; selling fruit | sells fruit; hugging a child | hugs a child; teaching a class |
teaches a class; playing the drums | plays the drums; lifting weights | lifts weights; diving into a pool | dives into a
pool; rowing a boat | rows a boat; planting a tree | plants a tree; baking bread | bakes bread; watching television |
watches television; listening to music | listens to music; typing on a computer | types on a computer; smoking a cigar |
smokes a cigar; serving food | serves food; pouring wine | pours wine; hiking through a valley | hikes through a valley;
skating on ice | skates on ice; swinging a bat | swings a bat; blowing bubbles | blows bubbles; examining a patient |
examines a patient; performing on stage | performs on stage; fighting a monster | fights a monster; saluting | salutes
""")
]

ANIMAL_ACTIONS = [
    tuple(part.strip() for part in entry.split("|"))
    for entry in _list("""
running | runs; sleeping | sleeps; jumping | jumps; eating | eats; playing with a ball | plays with a ball; swimming |
swims; flying | flies; sitting | sits; standing in the grass | stands in the grass; looking at the camera | looks at the
camera; chasing a butterfly | chases a butterfly; drinking water | drinks water; hiding in a box | hides in a box; lying
on a chair | lies on a chair; climbing a tree | climbs a tree; barking at a stranger | barks at a stranger; hunting for
food | hunts for food; carrying a stick | carries a stick; grazing in a meadow | grazes in a meadow; feeding its young |
feeds its young; stretching | stretches; digging a hole | digs a hole; crossing a stream | crosses a stream; yawning |
yawns; howling | howls; resting in the shade | rests in the shade; perching on a branch | perches on a branch
""")
]

# What things do or are, present tense.
STATES = _list("""
stands on a hill; is parked by the road; lies on the floor; hangs on the wall; is covered with snow; floats on the water;
burns in the night; is reflected in the water; sits on a wooden table; is stuck in the mud; glows in the dark; is full of
flowers; falls from the sky; is being repaired; drives through the city; flies above the clouds; is painted on a wall; lies
broken on the ground; rises behind the mountains; is surrounded by trees; is lit by the morning sun; leans against a fence;
crosses a bridge; is served with rice; is piled up in a basket; grows in the garden; is carved from stone; stands abandoned
in a field; passes through a tunnel; is decorated with lights; shines above the sea; winds through a valley
""")

TRANSITIVE = _list("""
riding; chasing; holding; eating; watching; carrying; feeding; following; painting; pushing; pulling; hugging; biting;
looking at; talking to; playing with; running after; jumping over; sitting on; standing on; fighting; kissing; washing
""")

RELATIONS = _list("""
on; under; next to; in front of; behind; inside; with; near; on top of; holding; without; above; below; to the left of;
to the right of; between trees and; beside; around
""")

SYMMETRIC = _list("next to; near; beside; with; without; around; between trees and; kissing; fighting; hugging")

FRAMES = _list("""
a photo of {}; a drawing of {}; a painting of {}; a picture of {}; an image of {}; a sketch of {}; a cartoon of {}; clip
art of {}; an icon of {}; an emoji of {}; a close-up photo of {}; a black and white photo of {}; a 3d render of {}; an
illustration of {}; a logo of {}; a photograph of {}; a blurry photo of {}; this is {}; there is {}; a toy of {}; a statue
of {}; a sticker of {}; a bright photo of {}; a photo of the large {}; art of {}; a watercolor of {}; an aerial view of {};
a map of {}; a macro photograph of {}; a portrait of {}; a pencil sketch of {}; an oil painting of {}; a poster of {}
""")

STYLES = _list("""
oil painting; watercolor; digital art; highly detailed; 4k; 8k; concept art; trending on artstation; cinematic lighting;
photorealistic; anime style; pixel art; pencil sketch; cyberpunk; fantasy; studio lighting; bokeh; 35mm photograph; black
and white; low poly; isometric; minimalist; vaporwave; steampunk; surrealism; impressionism; comic book style; octane
render; unreal engine; sharp focus; volumetric light; portrait; wide angle; macro photo; flat design; vector art; stained
glass; origami; claymation; in the style of van gogh; ukiyo-e; art nouveau; high contrast; soft colors; dramatic sky;
golden hour; award winning; ultra realistic; intricate; elegant; oil on canvas; matte painting; flat vector illustration;
soft pastel colors; neon lights; dramatic lighting; 3d render; children's book illustration; pop art; sepia; long exposure;
tilt shift; renaissance painting; cel shading; graffiti; charcoal drawing; film grain; symmetrical; moody; hyperrealistic
""")

SCENES = _list("""
city skyline; sunset over the ocean; snowy mountains; night sky full of stars; old ruins; busy market; empty street; cozy
living room; hospital room; school classroom; football stadium; concert stage; wedding ceremony; birthday party; christmas
tree with presents; traffic jam; airport terminal; train station; farm with animals; vegetable garden; bowl of fruit; plate
of food; cup of coffee on a table; laptop on a desk; pile of books; bouquet of flowers; map of the world; page of text;
brick wall; stone texture; green grass; wooden floor; human face; crowd of people; x-ray image; microscope image of cells;
surface of the moon; rocket launch; spiral galaxy; ancient coins; chess board; computer screen; red sports car; steam
train; sailing boat; hot air balloon; lighthouse on a cliff; waterfall in the jungle; chinese temple; japanese garden;
eiffel tower; great wall; pyramids of egypt; autumn leaves; frozen lake; desert dunes; volcano eruption; thunderstorm;
rainbow over a field; medieval castle; narrow alley; swimming pool; gothic cathedral; office building; vineyard in autumn;
rice terraces; tropical island; coral reef; foggy forest; wheat field; fishing village; shopping mall; kitchen with white
cabinets; staircase; subway platform; art gallery; playground with children; campfire at night; protest march; film set
""")
