import { useState } from 'react';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { useLazyQuery, useSubscription } from '@apollo/client/react';
import { EmbedManyDocument, RankPhotosDocument, type ContentInput } from './generated/client';

interface Photo {
  readonly name: string;
  readonly content: ContentInput;
}

/** A file as the server takes it: base64, as a data: URI. For large files use a multipart upload instead. */
function readPhoto(file: File): Promise<Photo> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => {
      resolve({ name: file.name, content: { image: { base64: reader.result as string } } });
    };
    reader.onerror = () => {
      reject(new Error(`${file.name} cannot be read.`));
    };
    reader.readAsDataURL(file);
  });
}

/** The sentence for a person, and which photo it is about, if it is about one. */
function describe(error: Error, photos: readonly Photo[]): string {
  if (!CombinedGraphQLErrors.is(error)) return error.message;
  const [{ message, extensions }] = error.errors;
  const input = extensions?.input as { argument: string; index: number } | undefined;
  return input?.argument === 'candidates' ? `${photos[input.index].name}: ${message}` : message;
}

/** Which of these photos shows it? */
export function Search() {
  const [prompt, setPrompt] = useState('');
  const [photos, setPhotos] = useState<readonly Photo[]>([]);
  // The photos of the last search, which its answer is about, while others are chosen already.
  const [searched, setSearched] = useState<readonly Photo[]>([]);
  const [search, { data, error, loading }] = useLazyQuery(RankPhotosDocument);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setSearched(photos);
        // What the search throws stands in `error`, too.
        search({ variables: { prompt, photos: photos.map(({ content }) => content) } }).catch(
          () => undefined,
        );
      }}
    >
      <input
        type="file"
        multiple
        accept="image/*"
        aria-label="Photos"
        onChange={({ target }) => {
          void Promise.all(Array.from(target.files ?? [], readPhoto)).then(setPhotos);
        }}
      />
      <input
        aria-label="What is looked for"
        value={prompt}
        onChange={({ target }) => {
          setPrompt(target.value);
        }}
      />
      <button disabled={loading || photos.length === 0}>Search {photos.length} photos</button>
      {error && <p role="alert">{describe(error, searched)}</p>}
      <ol>
        {data?.rank.map(({ index, cosine, probability }) => (
          <li key={index}>
            {searched[index].name}: {cosine.toFixed(4)}
            {probability != null && ` (${(probability * 100).toFixed(0)} %)`}
          </li>
        ))}
      </ol>
    </form>
  );
}

/** Embeds many texts and says how far it is. Unmounting it stops the server's work. */
export function Progress({ texts }: { readonly texts: readonly string[] }) {
  const { data, error } = useSubscription(EmbedManyDocument, {
    variables: { inputs: texts.map((text) => ({ text })) },
  });
  if (error) return <p role="alert">{error.message}</p>;
  const { completed = 0, total = texts.length } = data?.embedStream ?? {};
  return <progress value={completed} max={total} title={`${completed} of ${total}`} />;
}
