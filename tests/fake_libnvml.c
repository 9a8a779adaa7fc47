/* A libnvidia-ml.so.1 of one GPU, so that nvidia-ml-py's own bindings run: its power rises by a watt a reading, its
 * counter by a joule; the file named in FAKE_NVML_LOST makes it lost while it exists. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct gpu *device;
static struct gpu { int unused; } board;
static int users;
static unsigned power_mw = 300000;
static unsigned long long energy_mj = 5000000;

enum { OK = 0, UNINITIALIZED = 1, NOT_SUPPORTED = 3, NOT_FOUND = 6, SMALL = 7, LOST = 15 };

static int alive(void) {
  const char *path = getenv("FAKE_NVML_LOST");
  if (users <= 0) return UNINITIALIZED;
  return path && access(path, F_OK) == 0 ? LOST : OK;
}

int nvmlInitWithFlags(unsigned flags) { users++; return OK; }
int nvmlShutdown(void) { if (users <= 0) return UNINITIALIZED; users--; return OK; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 1; return OK; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, device *found) { *found = &board; return alive(); }

int nvmlDeviceGetHandleByUUID(const char *uuid, device *found) {
  *found = &board;
  return strcmp(uuid, "GPU-0f1e2d3c") ? NOT_FOUND : alive();
}

int nvmlDeviceGetUUID(device d, char *text, unsigned size) { strncpy(text, "GPU-0f1e2d3c", size); return OK; }
int nvmlDeviceGetName(device d, char *text, unsigned size) { strncpy(text, "NVIDIA H100 80GB HBM3", size); return OK; }
int nvmlDeviceGetArchitecture(device d, unsigned *arch) { *arch = 9; return OK; }
int nvmlDeviceGetCudaComputeCapability(device d, int *major, int *minor) { *major = 9; *minor = 0; return OK; }
int nvmlDeviceGetMigMode(device d, unsigned *now, unsigned *next) { *now = *next = 0; return OK; }
int nvmlDeviceGetPowerUsage(device d, unsigned *mw) { *mw = power_mw; return alive(); }

int nvmlDeviceGetTotalEnergyConsumption(device d, unsigned long long *mj) {
  *mj = energy_mj += 1000;
  return alive();
}

struct pci { char legacy[16]; unsigned domain, bus, device, id, subsystem; char bus_id[32]; };
int nvmlDeviceGetPciInfo_v3(device d, struct pci *pci) { strcpy(pci->bus_id, "00000000:1B:00.0"); return OK; }

struct field {
  unsigned id, scope;
  long long time, latency;
  unsigned type, status;
  union { double d; unsigned u; unsigned long long l; } value;
};

int nvmlDeviceGetFieldValues(device d, int count, struct field *fields) {
  for (int i = 0; i < count; i++) {
    fields[i].status = fields[i].id == 186 ? OK : NOT_SUPPORTED; /* NVML_FI_DEV_POWER_INSTANT */
    fields[i].type = 1;
    fields[i].value.u = power_mw += 1000;
  }
  return alive();
}

struct sample { unsigned pid; unsigned long long time; unsigned sm, memory, encoder, decoder; };
int nvmlDeviceGetProcessUtilization(device d, struct sample *samples, unsigned *count, unsigned long long since) {
  if (!samples) { *count = 2; return SMALL; }
  samples[0] = (struct sample){4711, 1700000000000000ull, 60, 30, 0, 5};
  samples[1] = (struct sample){4712, 1700000000100000ull, 40, 10, 0, 0};
  *count = 2;
  return alive();
}
