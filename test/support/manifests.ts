import { z } from 'zod';

// The parts of Kubernetes' and KEDA's objects that our manifests use, and nothing else: a misspelt field is a fault, which a
// server may only drop.
const Labels = z.record(z.string(), z.string());
const Metadata = z.strictObject({ name: z.string(), labels: Labels.optional() });
const PodLabels = z.strictObject({ matchLabels: Labels });
const Resources = z.strictObject({ cpu: z.string().optional(), memory: z.string() });
const Probe = z.strictObject({
  httpGet: z.strictObject({ path: z.enum(['/healthz', '/readyz']), port: z.literal('health') }),
  periodSeconds: z.int(),
  timeoutSeconds: z.int().optional(),
  failureThreshold: z.int(),
});
const Container = z.strictObject({
  name: z.string(),
  image: z.literal('orderflow'),
  command: z.array(z.string()),
  envFrom: z.array(z.strictObject({ configMapRef: z.strictObject({ name: z.string() }) })),
  env: z.array(z.strictObject({ name: z.string(), value: z.string() })).optional(),
  ports: z.array(z.strictObject({ name: z.string(), containerPort: z.int() })).optional(),
  startupProbe: Probe.optional(),
  livenessProbe: Probe.optional(),
  readinessProbe: Probe.optional(),
  resources: z.strictObject({ requests: Resources, limits: Resources }),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
  }),
  volumeMounts: z.array(z.strictObject({ name: z.string(), mountPath: z.string(), readOnly: z.literal(true) })),
});
const Template = z.strictObject({
  metadata: z.strictObject({ labels: Labels }),
  spec: z.strictObject({
    automountServiceAccountToken: z.literal(false),
    restartPolicy: z.literal('Never').optional(),
    terminationGracePeriodSeconds: z.int().optional(),
    topologySpreadConstraints: z
      .array(
        z.strictObject({
          maxSkew: z.int(),
          topologyKey: z.string(),
          whenUnsatisfiable: z.enum(['ScheduleAnyway', 'DoNotSchedule']),
          labelSelector: PodLabels,
        }),
      )
      .optional(),
    securityContext: z.strictObject({
      runAsNonRoot: z.literal(true),
      runAsUser: z.literal(1_000),
      runAsGroup: z.literal(1_000),
      seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
    }),
    containers: z.tuple([Container]),
    volumes: z.array(z.strictObject({ name: z.string(), secret: z.strictObject({ secretName: z.string() }) })),
  }),
});
const object = <V extends string, K extends string, S extends z.ZodType>(apiVersion: V, kind: K, spec: S) =>
  z.strictObject({ apiVersion: z.literal(apiVersion), kind: z.literal(kind), metadata: Metadata, spec });
const Ports = z.array(
  z.strictObject({ port: z.union([z.int(), z.string()]), protocol: z.enum(['TCP', 'UDP']).optional() }),
);
const Peer = z.strictObject({
  namespaceSelector: z.strictObject({
    matchLabels: Labels.optional(),
    matchExpressions: z
      .array(z.strictObject({ key: z.string(), operator: z.literal('In'), values: z.array(z.string()) }))
      .optional(),
  }),
});
const Target = z.strictObject({
  apiVersion: z.literal('apps/v1').optional(),
  kind: z.literal('Deployment').optional(),
  name: z.string(),
});

/** Each kind of object that the manifests have. */
export const Manifest = z.discriminatedUnion('kind', [
  z.strictObject({ apiVersion: z.literal('v1'), kind: z.literal('Namespace'), metadata: Metadata }),
  z.strictObject({ apiVersion: z.literal('v1'), kind: z.literal('ConfigMap'), metadata: Metadata, data: Labels }),
  object(
    'apps/v1',
    'Deployment',
    z.strictObject({
      replicas: z.int().min(2),
      selector: PodLabels,
      strategy: z.strictObject({ rollingUpdate: z.strictObject({ maxUnavailable: z.literal(0), maxSurge: z.int() }) }),
      template: Template,
    }),
  ),
  object(
    'batch/v1',
    'Job',
    z.strictObject({ backoffLimit: z.int(), ttlSecondsAfterFinished: z.int(), template: Template }),
  ),
  object('policy/v1', 'PodDisruptionBudget', z.strictObject({ minAvailable: z.int(), selector: PodLabels })),
  object(
    'v1',
    'Service',
    z.strictObject({
      selector: Labels,
      ports: z.array(z.strictObject({ name: z.string(), port: z.int(), targetPort: z.string() })),
    }),
  ),
  object(
    'networking.k8s.io/v1',
    'NetworkPolicy',
    z.strictObject({
      podSelector: z.strictObject({ matchLabels: Labels.optional() }),
      policyTypes: z.array(z.enum(['Ingress', 'Egress'])),
      ingress: z.array(z.strictObject({ from: z.array(Peer), ports: Ports })).optional(),
      egress: z.array(z.strictObject({ ports: Ports })).optional(),
    }),
  ),
  object(
    'autoscaling/v2',
    'HorizontalPodAutoscaler',
    z.strictObject({
      scaleTargetRef: Target.required(),
      minReplicas: z.int(),
      maxReplicas: z.int(),
      metrics: z.array(
        z.strictObject({
          type: z.literal('Resource'),
          resource: z.strictObject({
            name: z.literal('cpu'),
            target: z.strictObject({ type: z.literal('Utilization'), averageUtilization: z.int() }),
          }),
        }),
      ),
    }),
  ),
  object(
    'keda.sh/v1alpha1',
    'ScaledObject',
    z.strictObject({
      scaleTargetRef: Target,
      minReplicaCount: z.int(),
      maxReplicaCount: z.int(),
      pollingInterval: z.int(),
      triggers: z.array(
        z.strictObject({
          type: z.literal('metrics-api'),
          metricType: z.literal('Value'),
          metadata: z.strictObject({ url: z.url(), valueLocation: z.string(), targetValue: z.string() }),
        }),
      ),
      advanced: z.strictObject({
        horizontalPodAutoscalerConfig: z.strictObject({
          behavior: z.strictObject({ scaleDown: z.strictObject({ stabilizationWindowSeconds: z.int() }) }),
        }),
      }),
    }),
  ),
]);

/** An object of Kubernetes as our manifests write it. */
export type Manifest = z.output<typeof Manifest>;
