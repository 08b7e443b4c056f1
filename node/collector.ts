// How a node's process uses memory: V8's collector for throughput on few cores and a small heap, and the C library's pages.
import { setFlagsFromString } from 'node:v8'

/**
 * What a process of ours must be started with, since V8 takes it at its start only; bin/epione has the same. Three times 16 MiB
 * for young objects are resident whatever lives in them; as much more saves nothing that can be measured.
 */
export const startFlags: readonly string[] = ['--max-semi-space-size=16']

/**
 * What such a process finds in its environment; bin/epione has the same. State trees lie outside V8's heap and are walked all
 * over: with pages of 2 MiB, where system and C library have them, a key costs a sixth less.
 */
export const startEnvironment: Readonly<Record<string, string>> = {
  GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
}

/**
 * Young objects are collected on the thread that made them: helpers cost more in waking and in sharing than they save, a few
 * megabytes at a time, and their cores have other work. Old ones are collected when the heap is two and a half times what is
 * alive, not more: a busy validator keeps a hundred megabytes less for a few hundredths of its time. And nothing is made old: V8
 * does so at places where much outlives a collection, such as the mempool's, but it is dead a second later, and a dead old object
 * keeps all that it refers to alive until old objects are collected.
 */
export function tuneCollector(): void {
  setFlagsFromString('--no-parallel-scavenge')
  setFlagsFromString('--heap-growing-percent=150')
  setFlagsFromString('--no-allocation-site-pretenuring')
}
