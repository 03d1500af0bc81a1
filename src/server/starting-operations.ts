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
