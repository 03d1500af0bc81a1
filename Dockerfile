# Clipgraph on the processor. Built where an engine is: docker build -t clipgraph .
#   docker run --read-only --tmpfs /tmp -v clipgraph:/data -p 4000:4000 -e CLIPGRAPH_AUTH_TOKENS=a-long-random-string clipgraph
FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN node scripts/build.mjs && npm prune --omit=dev --ignore-scripts \
    # Binaries of other platforms.
    && find node_modules/onnxruntime-node/bin -mindepth 2 -maxdepth 2 -type d ! -name linux -exec rm -rf {} +

FROM node:24-bookworm-slim
ENV NODE_ENV=production CLIPGRAPH_SERVER_HOST=0.0.0.0 HF_HOME=/data/huggingface XDG_CACHE_HOME=/data/cache \
    XDG_DATA_HOME=/data
# What has been freed is given back to the system, not kept for each thread.
ENV MALLOC_ARENA_MAX=2 MALLOC_TRIM_THRESHOLD_=131072 MALLOC_MMAP_THRESHOLD_=32768
WORKDIR /app
COPY --from=build /build/package.json /build/LICENSE /build/NOTICE ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY --from=build /build/models models
COPY --from=build /build/examples examples
RUN mkdir -p /data && chown node:node /data
USER node
# Collections, models of the hub, and those in another precision outlive the container.
VOLUME /data
EXPOSE 4000
HEALTHCHECK --start-period=10s CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.CLIPGRAPH_SERVER_PORT ?? 4000) + '/health/ready').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/src/cli/main.js"]
CMD ["serve"]
