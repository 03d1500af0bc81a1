/** Of the operations below that have some. */
export const STARTING_VARIABLES = {
  candidates: [{ text: 'a dog in the grass' }, { text: 'a bowl of fruit' }, { image: { example: 'cat' } }],
  labels: ['dog', 'cat', 'car'],
  inputs: [{ text: 'a dog' }, { image: { example: 'dog' } }],
};

/** What an explorer opens with: the main question first. A test runs each of them. */
export const STARTING_OPERATIONS = `# How alike are a text and a picture? Pick an operation and press the button.
query Similarity {
  similarity(a: { text: "a dog" }, b: { image: { example: "dog" } }) {
    cosine
    interpretation
    model {
      id
    }
    a {
      runtime {
        name
      }
    }
  }
}

# Two texts.
query TwoTexts {
  similarity(a: { text: "a dog" }, b: { text: "a puppy" }) {
    cosine
    interpretation
  }
}

# One embedding, its vector and how the text was read.
query Embed {
  embed(input: { text: "a red car" }) {
    dimensions
    vectorBase64
    tokens {
      pieces
      count
    }
    timing {
      prepare
      queue
      inference
    }
  }
}

# Texts and pictures in one list; what fails is data, in its place.
query Batch {
  embedBatch(inputs: [{ text: "a cat" }, { image: { example: "cat" } }, { image: { example: "unicorn" } }]) {
    __typename
    ... on Embedding {
      id
      modality
      vectorBase64
    }
    ... on ContentError {
      index
      code
      message
    }
  }
}

# Which candidate is most like a picture? The candidates are in the variables, below.
query Rank($candidates: [ContentInput!]!) {
  ranking(query: { image: { example: "dog" } }, candidates: $candidates, limit: 10) {
    matches {
      index
      cosine
      probability
    }
    failures {
      index
      message
    }
  }
}

# Which label fits a picture? Zero-shot classification.
query Classify($labels: [String!]!) {
  classify(content: { image: { example: "dog" } }, labels: $labels, template: "a photo of a {}") {
    label
    cosine
    probability
  }
}

# Results as soon as they are ready, over a WebSocket.
subscription Stream($inputs: [ContentInput!]!) {
  embedStream(inputs: $inputs) {
    completed
    total
    result {
      __typename
      ... on Embedding {
        modality
        dimensions
      }
      ... on ContentError {
        index
        code
        message
      }
    }
  }
}

# A picture of your own: in Sandbox, under Variables, "Add files", and name the variable "picture".
# From a shell: curl ADDRESS/graphql -H 'apollo-require-preflight: 1' -F map='{"0":["variables.picture"]}' -F 0=@photo.jpg
#   -F operations='{"query":"query($picture: Upload!) { embed(input: { image: { upload: $picture } }) { id } }","variables":{"picture":null}}'
query YourPicture($picture: Upload!, $labels: [String!]!) {
  classify(content: { image: { upload: $picture } }, labels: $labels) {
    label
    probability
  }
}

# What this server has.
query Server {
  server {
    version
    examples
    limits {
      maxInputs
      maxBodyBytes
    }
  }
  models {
    id
    description
    logitScale
  }
  runtimes {
    name
    status
    reason
    version
    threads
  }
}
`;
